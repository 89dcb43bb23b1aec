import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runToEnd } from "../helpers/executable.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);

interface Layer {
  readonly ip?: string;
  readonly port?: string;
  readonly log_level?: string;
  readonly log_dir?: string;
  readonly data_dir?: string;
}
const KEYS = ["ip", "port", "log_level", "log_dir", "data_dir"] as const;

/** What `check-config` prints for a file, an environment and flags. */
function checked(file: Layer, environment: Layer, flags: Layer): Record<string, string> {
  const path = join(temporaryFolder(), "meproc.toml");
  const lines = Object.entries(file).map(
    ([key, value]) => `${key} = ${key === "port" ? value : `"${value}"`}\n`,
  );
  writeFileSync(path, lines.join(""));
  const env = Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [`MEPROC_${key.toUpperCase()}`, value]),
  );
  const args = Object.entries(flags).flatMap(([key, value]) => [`--${key.replace("_", "-")}`, value]);
  const { code, stdout } = runToEnd(["check-config", ...args], { env: { ...env, MEPROC_CONFIG: path } });
  expect(code).toBe(0);
  return Object.fromEntries(stdout.split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
}

const FILE: Layer = { ip: "127.0.0.2", port: "1001", log_level: "warn", log_dir: "/f/log", data_dir: "/f" };
const ENVIRONMENT: Layer = {
  ip: "127.0.0.3",
  port: "1002",
  log_level: "error",
  log_dir: "/e/log",
  data_dir: "/e",
};
const FLAGS: Layer = { ip: "127.0.0.4", port: "1003", log_level: "debug", log_dir: "/g/log", data_dir: "/g" };

function shown(layer: Layer): Record<string, string> {
  return {
    "listen on": `${layer.ip}:${layer.port}`,
    "log level": layer.log_level ?? "",
    "log dir": layer.log_dir ?? "",
    "data dir": layer.data_dir ?? "",
  };
}

describe("where a setting comes from", () => {
  test("flags win over the environment, the environment over the file", () => {
    expect(checked(FILE, {}, {})).toMatchObject(shown(FILE));
    expect(checked(FILE, ENVIRONMENT, {})).toMatchObject(shown(ENVIRONMENT));
    expect(checked(FILE, ENVIRONMENT, FLAGS)).toMatchObject(shown(FLAGS));
  });

  test.each(KEYS.map((key) => [key]))("each by itself: %s", (key) => {
    const one = { [key]: ENVIRONMENT[key] };
    expect(checked(FILE, one, {})).toMatchObject(shown({ ...FILE, ...one }));
    const flag = { [key]: FLAGS[key] };
    expect(checked(FILE, ENVIRONMENT, flag as Layer)).toMatchObject(shown({ ...ENVIRONMENT, ...flag }));
  });

  test("without any the defaults hold", () => {
    const { stdout, code } = runToEnd(["check-config"], { env: { STATE_DIRECTORY: "/srv/state" } });
    expect(code).toBe(0);
    expect(stdout).toContain("listen on  127.0.0.1:8606");
    expect(stdout).toContain("log level  info");
    expect(stdout).toContain("data dir   /srv/state\n");
    expect(stdout).toContain("log dir    /srv/state/log\n");
  });

  test("an empty variable counts as not set", () => {
    expect(checked(FILE, { ip: "", port: "" }, {})).toMatchObject(shown(FILE));
  });

  test(".env and bunfig.toml of the working directory are nobody's business", () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, ".env"), "MEPROC_PORT=1\n");
    writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
    writeFileSync(join(cwd, "evil.ts"), 'console.log("evil"); process.exit(9);\n');
    const { stdout, code } = runToEnd(["check-config"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain(":8606");
    expect(stdout).not.toContain("evil");
  });
});

const BAD_FILES: readonly (readonly [what: string, text: string, words: RegExp])[] = [
  ["an unknown key", 'colour = "red"\n', /colour: there is no such field$/],
  ["a key that is nearly right", 'log_levl = "info"\n', /log_levl: .*did you mean log_level\?$/],
  ["a wrong type", 'port = "8606"\n', /port: expected an integer/],
  ["a port that is none", "port = 65536\n", /port: expected an integer from 0 to 65535$/],
  ["an unknown level", 'log_level = "loud"\n', /log_level: expected .*debug.*info.*warn.*error/],
  ["an unknown key in [web]", "[web]\nhost = 1\n", /web\.host: there is no such field/],
  ["what is not TOML", "ip = \n", /meproc\.toml:\d+: not valid TOML/],
  [
    "a task without a command",
    '[[tasks]]\nname = "a"\ntype = "once"\n',
    /\[\[tasks\]\] number 1: cmd: required/,
  ],
  [
    "an unknown key of a task",
    '[[tasks]]\nname = "a"\ncmd = "b"\ntype = "once"\nreplicas = 2\n',
    /replicas: .*did you mean replica\?/,
  ],
  ["a bad schedule", '[[tasks]]\nname = "a"\ncmd = "b"\ntype = "cron"\ncron = "x"\n', /number 1: cron: /],
  [
    "the same name twice",
    `${'[[tasks]]\nname = "a"\ncmd = "b"\ntype = "once"\n'.repeat(2)}`,
    /number 2: name: a is the name of an earlier task/,
  ],
];

describe("what is wrong is told in one line", () => {
  test.each(BAD_FILES.map(([what, text, words]) => [what, text, words] as const))(
    "%s",
    (_what, text, words) => {
      const path = join(temporaryFolder(), "meproc.toml");
      writeFileSync(path, text);
      for (const command of [["check-config"], []]) {
        const { code, stdout, stderr } = runToEnd([...command, "--config", path, "--port", "0"]);
        expect({ code, stdout, lines: stderr.trimEnd().split("\n").length }).toEqual({
          code: 2,
          stdout: "",
          lines: 1,
        });
        expect(stderr).toStartWith(`meproc: ${path}`);
        expect(stderr.trimEnd()).toMatch(words);
      }
    },
  );

  test("a file that is not there", () => {
    const { code, stderr } = runToEnd(["--config", "/no/such/file.toml"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "meproc: /no/such/file.toml: cannot be read: it does not exist (ENOENT)\n",
    });
  });

  test.each([
    [{ MEPROC_PORT: "x" }, "MEPROC_PORT: expected an integer from 0 to 65535"],
    [{ MEPROC_PORT: "70000" }, "MEPROC_PORT: expected an integer from 0 to 65535"],
    [{ MEPROC_LOG_LEVEL: "loud" }, "MEPROC_LOG_LEVEL: expected one of debug, info, warn, error"],
  ])("the environment %j", (env, words) => {
    expect(runToEnd(["check-config"], { env: env as Record<string, string> })).toEqual({
      code: 2,
      stdout: "",
      stderr: `meproc: ${words}\n`,
    });
  });

  test.each([
    [["--port", "x"]],
    [["--log-level", "loud"]],
    [["--no-such-flag"]],
    [["no-such-command"]],
    [["serve", "more"]],
    [["--port"]],
  ])("the command line %j", (args) => {
    const { code, stdout, stderr } = runToEnd(args as string[]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toContain("    at ");
    expect(stderr).not.toBe("");
  });

  test("an address in use", async () => {
    const { port } = await startService();
    const dataDir = join(temporaryFolder(), "data");
    const { code, stderr } = runToEnd(["--port", String(port), "--data-dir", dataDir]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `meproc: cannot listen on 127.0.0.1:${port}: the address is in use; choose another with --port\n`,
    );
  });

  test("an address that is not this machine's", () => {
    const dataDir = join(temporaryFolder(), "data");
    const { code, stderr } = runToEnd(["--ip", "203.0.113.1", "--port", "0", "--data-dir", dataDir]);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain("203.0.113.1");
  });

  test("a data directory that cannot be made", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const { code, stderr } = runToEnd(["--port", "0", "--data-dir", join(file, "data")]);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(join(file, "data"));
  });
});

describe("the command", () => {
  test("--version prints the version", () => {
    expect(runToEnd(["--version"])).toEqual({ code: 0, stdout: "2.0.0\n", stderr: "" });
  });

  test("--help names commands, flags and environment", () => {
    const { code, stdout } = runToEnd(["--help"]);
    expect(code).toBe(0);
    for (const word of [
      "serve",
      "check-config",
      ...KEYS.map((key) => `--${key.replace("_", "-")}`),
      "MEPROC_CONFIG",
      "MEPROC_DATA_DIR",
    ])
      expect(stdout).toContain(word);
  });

  test("serve is what it does if nothing is said", async () => {
    const service = await startService();
    expect(await service.stop()).toBe(0);
  });

  test("it leaves nothing in the working directory", async () => {
    const service = await startService();
    await service.stop();
    expect(readdirSync(service.cwd)).toEqual([]);
  });
});

describe("what is started with the service", () => {
  test("[[tasks]], with what they depend on", async () => {
    const config = `
      [[tasks]]
      name = "after"
      cmd = "sleep 600"
      type = "once"
      deps = ["web"]
      [[tasks]]
      name = "web"
      cmd = "echo from the file; sleep 600"
      type = "daemon"
      replica = 2
      [[tasks]]
      name = "nightly"
      cmd = "true"
      type = "cron"
      cron = "0 0 * * *"
    `;
    const service = await startService({ config });
    const { list, output } = legacyClient(service.url);
    await until(async () => (await list()).tasks["web"]?.running === 2, "web runs");
    const { tasks } = await until(async () => {
      const now = await list();
      return Object.keys(now.tasks).length === 3 && now;
    }, "all are there");
    expect(tasks["after"]).toMatchObject({ running: 0, run_flag: true });
    await until(async () => String((await output("web"))["web:1"]) === "from the file\n", "it has spoken");
  });

  test("a task whose user does not exist is told in the log, and the others start", async () => {
    const one = '[[tasks]]\nname = "one"\ncmd = "true"\ntype = "once"\nuser = "no-such-user"\n';
    const two = '[[tasks]]\nname = "two"\ncmd = "sleep 600"\ntype = "once"\n';
    const service = await startService({ config: one + two });
    const { list } = legacyClient(service.url);
    await until(async () => (await list()).tasks["two"]?.running === 1, "the second runs");
    expect(service.log()).toMatch(
      /\[ERROR\]: Task one of .*meproc\.toml was not started: user: there is no such user/,
    );
  });

  test("bootstrap_cmd, a second later; its output is kept under the alias bootstrap", async () => {
    const service = await startService({ config: `bootstrap_cmd = "echo loading; echo done >&2"\n` });
    await until(() => service.log().includes("(bootstrap) stop"), "it has run");
    const find = () => readdirSync(service.logDir).find((name) => /^bootstrap-.*\.log$/.test(name));
    const file = await until(find, "its output has a file");
    expect(file).toMatch(/^bootstrap-\d{4}-\d{2}-\d{2}\.log$/);
    const text = () => Bun.file(join(service.logDir, file ?? "")).text();
    await until(async () => (await text()).length === 13, "its output has come");
    expect((await legacyClient(service.url).list()).tasks).toEqual({});
  });
});

describe.skipIf(process.platform === "win32")("what check-config sees beyond the file", () => {
  const check = (text: string) => {
    const folder = temporaryFolder();
    const path = join(folder, "meproc.toml");
    writeFileSync(path, text);
    return { path, ...runToEnd(["check-config", "--config", path, "--data-dir", join(folder, "data")]) };
  };
  const task = (name: string, more = "") =>
    `[[tasks]]\nname = "${name}"\ntype = "once"\ncmd = "true"\n${more}`;

  test.each([
    ["user", "user: there is no such user"],
    ["group", "group: there is no such group"],
  ])("a %s that this machine does not have, in the words of the start", (field, words) => {
    const { path, code, stdout, stderr } = check(
      `${task("a")}${task("b", `${field} = "nobody-has-this-name"\n`)}`,
    );
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: `meproc: ${path}: [[tasks]] number 2: ${words}\n`,
    });
  });

  test("an exit_with of no task of the file is worth a word, as it may come from elsewhere", () => {
    const { path, code, stdout, stderr } = check(`exit_with = "web"\n${task("wbe")}`);
    expect([code, stdout]).toEqual([0, expect.stringContaining("The configuration is fine.\n")]);
    expect(stderr).toStartWith(`meproc: warning: ${path}: exit_with: no task of the file is named web`);
    expect(check(`exit_with = "web"\n${task("web")}`).stderr).toBe("");
  });
});
