/** Which definitions become tasks: every field, what it says when it is wrong, and which go together. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { InvalidError } from "../../src/domain/errors.ts";
import { TaskDefinition } from "../../src/domain/task.ts";
import { parseTask } from "../../src/supervisor/admission.ts";
import { definitionOf } from "../../src/supervisor/change.ts";

const BASE = { name: "a", cmd: "true" };

/** What is wrong with a definition; nothing if it is admitted. */
function issuesOf(definition: unknown): string[] {
  try {
    parseTask(definition);
    return [];
  } catch (error) {
    if (error instanceof InvalidError) return error.issues.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
}

const EVERYTHING = {
  ...BASE,
  cmd: ["node", "server.js", "{index}"],
  type: "daemon",
  user: "www",
  group: "www",
  replica: 2,
  deps: ["b", { task: "c", condition: "healthy", required: false }],
  description: "x",
  labels: { "tier/x": "web" },
  env: { PORT: "30{index}", EMPTY: "" },
  env_file: "/etc/x.env",
  inherit_env: ["PATH"],
  cwd: "/srv",
  umask: "027",
  nice: -5,
  limits: { nofile: 1024, core: 0, memory_bytes: 1 << 20, cpu_percent: 150, pids: 5 },
  stdin: "pipe",
  stop: { signal: "SIGINT", timeout_ms: 0 },
  reload: { command: ["x"] },
  restart: {
    policy: "on_failure",
    delay_ms: 10,
    max_delay_ms: 10,
    factor: 1.5,
    jitter: 0.5,
    max_restarts: 5,
    window_ms: 60_000,
    retry_after_ms: 1,
    success_exit_codes: [0, 3],
  },
  health: { http: "http://127.0.0.1:30{index}/healthz", retries: 1, on_unhealthy: "restart" },
  max_memory_bytes: 1,
  watch: { paths: ["src"], ignore: ["**/*.log"], debounce_ms: 0 },
  autostart: false,
  hooks: { pre_start: "x", post_stop: ["y"], timeout_ms: 1 },
  log: { max_bytes: 4096, total_bytes: 0 },
};

describe("what is admitted", () => {
  test.each([
    ["every field of a daemon", EVERYTHING],
    [
      "a schedule",
      {
        ...BASE,
        type: "cron",
        cron: "@daily",
        schedule: { timezone: "Europe/Berlin", overlap: "queue", catch_up: "all", catch_up_limit: 3 },
      },
    ],
    ["an interval", { ...BASE, type: "cron", every_ms: 1000 }],
    ["a timeout", { ...BASE, type: "once", timeout_ms: 5 }],
    ["a pause for any type, as in 1.x", { ...BASE, type: "once", interval: 1 }],
    [
      "what says no more than the default",
      { ...BASE, type: "coroutine", env: {}, stdin: "none", inherit_env: true, user: null, limits: {} },
    ],
  ])("%s", (_, definition) => expect(issuesOf(definition)).toEqual([]));

  test.each(["once", "daemon", "cron", "coroutine"])("a task of type %s as it is shown again", (type) => {
    const task = parseTask({ ...BASE, type });
    expect(parseTask(definitionOf(task))).toEqual(task);
    expect(parseTask({ ...task })).toEqual(task);
  });

  test.each([
    [{ http: "https://x/" }],
    [{ tcp: "localhost:80" }],
    [{ tcp: "[::1]:80" }],
    [{ tcp: "h:8{index}" }],
    [{ exec: "true" }],
    [{ log: "ready|done" }],
  ])("the check %j", (health) => expect(issuesOf({ ...BASE, type: "daemon", health })).toEqual([]));
});

describe("what is refused", () => {
  const rows: [object, string][] = [
    [{ cmd: "  " }, "/cmd expected a command"],
    [{ cmd: [] }, "/cmd expected a list of 1 to 4096, of which each is a text"],
    [{ cmd: ["", "x"] }, "/cmd expected a command"],
    [{ cmd: [1] }, "/cmd/0 expected a text"],
    [{ cmd: 1 }, "/cmd expected a text that is not empty or a list of 1 to 4096, of which each is a text"],
    [{ cmd: ["x", "a\0b"] }, "/cmd/1 expected a text without the character NUL"],
    [{ env: { A: "\0" } }, "/env/A expected a text without the character NUL"],
    [{ env: { "1A": "x" } }, "/env/1A expected letters, digits and _, the first no digit, as a name"],
    [{ env: { A: 1 } }, "/env/A expected a text"],
    [{ env: "A=1" }, "/env expected an object"],
    [{ env: { MEPROC_RUN: "x" } }, "/env/MEPROC_RUN the service itself sets this"],
    [{ labels: { "a b": "x" } }, "/labels/a b expected letters, digits and _ . / -, at most 63 as a name"],
    [{ labels: { a: "x".repeat(257) } }, "/labels/a expected a text of at most 256 characters"],
    [{ inherit_env: ["A=B"] }, "/inherit_env/0 expected the name of a variable"],
    [
      { inherit_env: "PATH" },
      "/inherit_env expected true or false or a list of which each is a text that is not empty",
    ],
    [{ umask: "888" }, "/umask expected three or four octal digits, such as 027"],
    [{ nice: 20 }, "/nice expected an integer from -20 to 19"],
    [{ limits: { nofile: -1 } }, "/limits/nofile expected an integer from 0 to 1000000"],
    [{ limits: { nofiles: 1 } }, "/limits/nofiles there is no such field; did you mean nofile?"],
    [{ stdin: "file" }, '/stdin expected "none", "pipe"'],
    [{ stop: { signal: "TERM" } }, "/stop/signal expected"],
    [
      { stop: { signal: "SIGINT", command: "x" } },
      "/stop/command expected either stop.signal or stop.command",
    ],
    [{ stop: { command: " " } }, "/stop/command expected a command"],
    [{ reload: {} }, "/reload expected exactly one of signal and command"],
    [{ reload: { signal: "SIGHUP", command: "x" } }, "/reload expected exactly one of signal and command"],
    [{ restart: { factor: 0.5 } }, "/restart/factor expected a number from 1 to 100"],
    [{ restart: { jitter: 2 } }, "/restart/jitter expected a number from 0 to 1"],
    [{ restart: { policy: "sometimes" } }, '/restart/policy expected "always", "on_failure", "never"'],
    [
      { restart: { success_exit_codes: [256] } },
      "/restart/success_exit_codes/0 expected an integer from 0 to 255",
    ],
    [
      { interval: 5, restart: { delay_ms: 5 } },
      "/restart/delay_ms expected either interval or restart.delay_ms",
    ],
    [
      { restart: { delay_ms: 9, max_delay_ms: 8 } },
      "/restart/max_delay_ms expected at least restart.delay_ms",
    ],
    [{ restart: { window_ms: 9 } }, "/restart/window_ms expected together with restart.max_restarts"],
    [
      { restart: { retry_after_ms: 9 } },
      "/restart/retry_after_ms expected together with restart.max_restarts",
    ],
    [{ health: {} }, "/health expected exactly one of http, tcp, exec and log"],
    [{ health: { tcp: "a:1", log: "x" } }, "/health expected exactly one of http, tcp, exec and log"],
    [{ health: { http: "ftp://x" } }, "/health/http expected a URL that begins with http:// or https://"],
    [{ health: { http: "x" } }, "/health/http expected a URL that begins with http:// or https://"],
    [{ health: { tcp: "a" } }, "/health/tcp expected host:port, the port from 1 to 65535"],
    [{ health: { tcp: "a:0" } }, "/health/tcp expected host:port, the port from 1 to 65535"],
    [{ health: { log: "(" } }, "/health/log expected a regular expression"],
    [{ log: { max_bytes: 1 } }, "/log/max_bytes expected 0 for no limit, or at least 4096"],
    [{ log: { total_bytes: 4095 } }, "/log/total_bytes expected 0 for no limit, or at least 4096"],
    [{ health: { exec: [" "] } }, "/health/exec expected a command"],
    [{ watch: {} }, "/watch/paths required, but not given"],
    [
      { watch: { paths: [] } },
      "/watch/paths expected a list of 1 to 100, of which each is a text that is not empty",
    ],
    [{ hooks: { pre_start: "" } }, "/hooks/pre_start expected a text that is not empty"],
    [
      { deps: [{ task: "b", condition: "up" }] },
      '/deps/0/condition expected "idle", "started", "healthy", "exited", "succeeded"',
    ],
    [{ deps: [{ condition: "idle" }] }, "/deps/0/task required, but not given"],
    [
      { deps: [{ task: "b", requird: true }] },
      "/deps/0/requird there is no such field; did you mean required?",
    ],
    [{ schedule: { overlap: "skip" } }, "/schedule only a task of type cron has this"],
    [{ every_ms: 1000 }, "/every_ms only a task of type cron has this"],
    [{ timeout_ms: 1 }, "/timeout_ms only a task of type once has this"],
    [{ cron: "@daily" }, "/cron only a task of type cron has a schedule"],
    [{ type: "once", restart: { delay_ms: 1 } }, "/restart only a task of type daemon has this"],
    [{ type: "once", health: { log: "x" } }, "/health only a task of type daemon has this"],
    [{ type: "once", watch: { paths: ["x"] } }, "/watch only a task of type daemon has this"],
    [{ type: "cron", cron: "@daily", every_ms: 1000 }, "/every_ms expected either cron or every_ms"],
    [
      { type: "cron", schedule: { timezone: "Mars/Olympus" } },
      "/schedule/timezone expected an IANA name such as Europe/Berlin, or UTC",
    ],
    [
      { type: "cron", schedule: { catch_up_limit: 5 } },
      '/schedule/catch_up_limit only catch_up "all" has a limit',
    ],
    [{ type: "coroutine", cmd: ["x.ts"] }, "/cmd a coroutine is the path of a script: expected a text"],
    [{ type: "coroutine", user: "x" }, "/user a coroutine runs inside the service and has its rights"],
    [{ type: "coroutine", stop: { timeout_ms: 1 } }, "/stop a coroutine has no process that takes a signal"],
    ...[
      "env",
      "env_file",
      "inherit_env",
      "cwd",
      "umask",
      "nice",
      "limits",
      "stdin",
      "max_memory_bytes",
      "hooks",
    ].map((field): [object, string] => [
      { type: "coroutine", [field]: EVERYTHING[field as keyof typeof EVERYTHING] },
      `/${field} a coroutine has no process of its own`,
    ]),
  ];
  test.each(rows)("%j", (fields, issue) => {
    const issues = issuesOf({ ...BASE, type: "daemon", ...fields });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toStartWith(issue);
  });

  test("everything at once, each fault at its place, and those of sound fields beside broken ones", () => {
    expect(
      issuesOf({ ...BASE, type: "daemon", replica: 0, cmd: " ", health: { log: "(" }, stop: 5 }),
    ).toEqual([
      "/replica expected an integer from 1 to 1000",
      "/stop expected an object",
      "/cmd expected a command",
      "/health/log expected a regular expression",
    ]);
  });
});

test("no definition, however made, is answered with anything but its faults, and never with a value of it", () => {
  const SECRET = "s3cr3t-value";
  const leaf = fc.oneof(
    fc.constant(SECRET),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant([SECRET]),
  );
  const part = fc.oneof(leaf, fc.dictionary(fc.constantFrom("task", "http", "log", "signal", "A"), leaf));
  const field = fc.constantFrom(...Object.keys(TaskDefinition.properties));
  const definition = fc.dictionary(field, fc.oneof(part, fc.array(part, { maxLength: 2 })));
  fc.assert(
    fc.property(definition, (fields) => {
      expect(issuesOf({ ...fields, type: "daemon" }).join()).not.toContain(SECRET);
    }),
    { numRuns: 2000 },
  );
});
