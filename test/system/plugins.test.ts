/** Plugins and listeners beside the executable: what they are told, and that nothing of what they do matters to tasks. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { CompanionView } from "../../src/http/companion-view.ts";
import { apiClient } from "../helpers/api-client.ts";
import { runToEnd } from "../helpers/executable.ts";
import { makeGate } from "../helpers/gate.ts";
import { isAlive } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

const EXAMPLES = resolve(import.meta.dir, "../../conf/examples/plugins");
/** The machine may be busy: a plugin is a process that has to start. */
const LONG_MS = 60_000;

/** A folder with plugins, each a text or the name of an example. */
function folderWith(plugins: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "plugins"));
  for (const [file, text] of Object.entries(plugins)) writePlugin(folder, file, text);
  return folder;
}

function writePlugin(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, "plugins", file), text);
}

async function companions({ url }: Service): Promise<readonly CompanionView[]> {
  const response = await fetch(`${url}/api/v1/plugins`);
  return ((await response.json()) as { items: CompanionView[] }).items;
}

async function companion(service: Service, name: string): Promise<CompanionView> {
  const found = (await companions(service)).find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found;
}

const isState = async (service: Service, name: string, state: CompanionView["state"]) =>
  (await companion(service, name)).state === state;

const running = (service: Service, name: string) =>
  until(() => isState(service, name, "running"), `${name} runs`, LONG_MS);

const define = (service: Service, task: Record<string, unknown>) =>
  apiClient(service.url).post("/tasks", task);

/** The output of a companion, as far as it has been captured. */
function outputOf({ logDir }: Service, alias: string): string {
  const files = readdirSync(logDir).filter((name) => name.startsWith(`${alias}-`) && name.endsWith(".log"));
  return files.map((name) => readFileSync(join(logDir, name), "utf8")).join("");
}

/** How many of its facts the database has; to be asked when nobody writes it. */
function countFacts(service: Service, where: string): number {
  const database = new Database(join(service.dataDir, "meproc.db"), { readonly: true });
  const row = database
    .query<{ count: number }, []>(`SELECT count(*) AS count FROM facts WHERE ${where}`)
    .get();
  database.close();
  return row?.count ?? 0;
}

describe("the example plugin", () => {
  test("counts the starts and stops of 1,000 short runs exactly, over a kill -9 of the service", async () => {
    const folder = folderWith({});
    for (const file of readdirSync(EXAMPLES))
      copyFileSync(join(EXAMPLES, file), join(folder, "plugins", file));
    const counts = () => {
      const file = join(folder, "data", "plugin-data", "count", "counts.json");
      return existsSync(file)
        ? (JSON.parse(readFileSync(file, "utf8")) as { starts: number; stops: number })
        : null;
    };
    const first = await startService({ folder, config: "" });
    await running(first, "count");
    const many = (service: Service, names: readonly string[]) =>
      Promise.all(names.map((name) => define(service, { name, cmd: "exit 0", type: "once", replica: 100 })));
    await many(first, ["a", "b", "c"]);
    const killed = many(first, ["d", "e"]).catch(() => "the service is gone");
    await until(() => (counts()?.starts ?? 0) > 320, "it is counting", LONG_MS);
    process.kill(first.pid, "SIGKILL");
    await Promise.all([first.exited, killed]);

    const second = await startService({ folder, config: "" });
    await many(
      second,
      ["f", "g", "h", "i", "j", "k"].map((name) => `${name}2`),
    );
    await until(
      async () => {
        const { items } = (await (await fetch(`${second.url}/api/v1/tasks`)).json()) as {
          items: { state: string }[];
        };
        return items.every(({ state }) => ["exited", "stopped", "failed"].includes(state));
      },
      "all have ended",
      LONG_MS,
    );
    await until(async () => (await companion(second, "count")).queued === 0, "it has counted all", LONG_MS);
    expect(await second.stop()).toBe(0);
    const started = countFacts(second, "kind = 'run.started'");
    const ended = countFacts(
      second,
      "kind = 'run.finished' AND json_extract(body, '$.outcome.result') NOT IN ('spawn_error', 'skipped')",
    );
    expect(counts()).toMatchObject({ starts: started, stops: ended });
    expect(started).toBeGreaterThanOrEqual(900);
    expect(second.log()).toMatch(/Plugin count: Facts \d+ to \d+ may not have been counted; they come again/);
  }, 120_000);
});

const HEALTHY = `export default { start: (e) => console.log("start", e.task, e.conf.cmd, e.alias, e.pid > 0), stop: (e) => console.log("stop", e.result, e.exit_code, e.reason) };`;

/** For those that do not come to an end by themselves; a busy machine may keep others for as long. */
const IMPATIENT = "timeout_ms = 300";

/** What is wrong, how it is told, and the plugin. */
const MISBEHAVIOURS: readonly {
  readonly name: string;
  readonly text: string;
  readonly state: CompanionView["state"];
  readonly reason: RegExp;
  readonly options?: string;
}[] = [
  {
    name: "loops",
    text: "export default { start() { for (;;); } }",
    state: "failed",
    reason: /not answered for 3300 ms/,
    options: IMPATIENT,
  },
  {
    name: "regexp",
    text: `export default { start() { for (;;) /^(a+)+$/.test("a".repeat(60) + "b"); } }`,
    state: "failed",
    reason: /not answered for 3300 ms/,
    options: IMPATIENT,
  },
  {
    name: "exits",
    text: "export default { start() { process.exit(3); } }",
    state: "failed",
    reason: /exited with code 3/,
  },
  {
    name: "dies",
    text: `export default { start() { process.kill(process.pid, "SIGSEGV"); } }`,
    state: "failed",
    reason: /ended by SIG/,
  },
  {
    name: "leaks",
    text: "const kept = []; export default { start() { setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 5); } }",
    options: "max_memory_bytes = 200_000_000",
    state: "failed",
    reason: /MiB of memory, more than/,
  },
  { name: "unfit", text: "export const x = 1;", state: "failed", reason: /no default export/ },
  { name: "broken", text: "export default {", state: "failed", reason: /cannot be loaded/ },
  {
    name: "unable",
    text: `export default { setup() { throw new Error("no"); } }`,
    state: "failed",
    reason: /setup: no/,
  },
  {
    name: "throws",
    text: `export default { start() { throw new TypeError("oh") } }`,
    state: "running",
    reason: /TypeError: oh/,
  },
  {
    name: "late",
    text: "export default { start: () => new Promise((r) => setTimeout(r, 60_000)) }",
    state: "running",
    reason: /not done with event \d+ after 300 ms/,
    options: IMPATIENT,
  },
];

describe("a plugin that", () => {
  test.each(MISBEHAVIOURS.map((each) => [each.name, each] as const))(
    "%s is told in log and API, and others go on",
    async (_, { name, text, state, reason, options = "" }) => {
      const folder = folderWith({ [`${name}.js`]: text, "healthy.ts": HEALTHY });
      const config = `[plugins.${name}]\nmax_restarts = 1\n${options}\n`;
      const service = await startService({ folder, config });
      await running(service, "healthy");
      await until(async () => !(await isState(service, name, "starting")), "it has begun", LONG_MS);
      const { post } = apiClient(service.url);
      expect((await define(service, { name: "web", cmd: "exec sleep 1000", type: "daemon" })).status).toBe(
        201,
      );
      const isSo = async () => {
        const now = await companion(service, name);
        return now.state === state && reason.test(now.reason ?? "") ? now : null;
      };
      const seen = await until(
        async () => {
          const found = await isSo();
          if (found !== null) return found;
          // one event ends one process
          if (await isState(service, name, "running")) await post("/tasks/web/restart");
          return null;
        },
        `it is ${state}`,
        LONG_MS,
      );
      if (state === "failed" && name !== "unfit") expect(seen.restarts).toBe(1);
      expect(service.log()).toMatch(new RegExp(`Plugin ${name}: .*${reason.source}`));
      expect((await post("/tasks/web/stop")).status).toBe(200);
      await until(
        () => outputOf(service, "plugin:healthy").includes("stop stopped"),
        "the other is told of the stop",
      );
      expect(outputOf(service, "plugin:healthy")).toContain("start web exec sleep 1000 web:0 true\n");
      expect(await service.stop()).toBe(0);
    },
    LONG_MS * 2,
  );

  test(
    "floods the log, its output and the API holds up nobody",
    async () => {
      const flood = `export default { setup(ctx) {
      const more = () => { for (let i = 0; i < 1000; i++) { ctx.log.info("flood"); console.log("x".repeat(1000)); void ctx.api.tasks(); } setTimeout(more); };
      more(); } }`;
      const folder = folderWith({ "flood.js": flood, "healthy.ts": HEALTHY });
      const service = await startService({ folder, config: "" });
      await running(service, "healthy");
      await running(service, "flood");
      for (let round = 0; round < 20; round++)
        expect((await define(service, { name: `t${round}`, cmd: "exit 3", type: "once" })).status).toBe(201);
      await until(
        () => outputOf(service, "plugin:healthy").match(/stop failed 3 exit code 3/g)?.length === 20,
        "all are told",
      );
      expect(service.log().match(/Plugin flood: flood/g)?.length ?? 0).toBeLessThan(2000);
      await until(
        () => /Plugin flood: \d+ lines were left out/.test(service.log()),
        "what is too much is counted",
      );
      expect(await service.stop()).toBe(0);
    },
    LONG_MS,
  );
});

describe("plugins", () => {
  test(
    "are loaded, loaded anew and ended as their files come, change and go",
    async () => {
      const say = (word: string) =>
        `export default { setup: () => console.log("${word}"), close: () => console.log("bye") };`;
      const folder = folderWith({ "one.ts": say("first") });
      const service = await startService({ folder, config: "" });
      const said = (name: string, text: string) =>
        until(() => outputOf(service, `plugin:${name}`).includes(text), `${name} says ${text}`, LONG_MS);
      await said("one", "first");
      await running(service, "one");
      writePlugin(folder, "one.ts", say("second"));
      await said("one", "bye\nsecond");
      writePlugin(folder, "two.js", say("another"));
      await said("two", "another");
      rmSync(join(folder, "plugins", "one.ts"));
      await until(async () => (await companions(service)).length === 1, "one is gone", LONG_MS);
      expect((await companion(service, "two")).source).toBe(join(folder, "plugins", "two.js"));
    },
    LONG_MS,
  );

  test(
    "have options, a folder, the log, and the API with its errors",
    async () => {
      const text = `import type { Plugin } from "./meproc.d.ts";
      export default { name: "asks", tasks: ["w*"],
        async start(e, ctx) {
          ctx.log.warn("options " + JSON.stringify(ctx.options));
          const { type } = await ctx.api.task(e.task);
          const error = await ctx.api.stop("none").catch((error) => error);
          ctx.log.info([type, error.status, error.code].join(" "));
          await ctx.api.stop(e.task);
        },
        stop: (e, ctx) => ctx.log.info(e.alias + " is stopped"),
      } satisfies Plugin;`;
      const folder = folderWith({ "asks.ts": text });
      copyFileSync(join(EXAMPLES, "meproc.d.ts"), join(folder, "plugins", "meproc.d.ts"));
      const service = await startService({ folder, config: '[plugins.asks]\ncolour = "green"\n' });
      await running(service, "asks");
      await define(service, { name: "other", cmd: "exec sleep 1000", type: "daemon" });
      await define(service, { name: "web", cmd: "exec sleep 1000", type: "daemon" });
      await until(
        () => service.log().includes("Plugin asks: web:0 is stopped"),
        "it has stopped the task",
        LONG_MS,
      );
      expect(service.log()).toContain('Plugin asks: options {"colour":"green"}');
      expect(service.log()).toContain("Plugin asks: daemon 404 not_found");
      expect((await apiClient(service.url).instance("other")).state).toBe("running");
      expect(JSON.stringify(await companions(service))).not.toContain("green");
    },
    LONG_MS,
  );

  test(
    "that an earlier service has left, whatever they are at, are ended by the next",
    async () => {
      const folder = folderWith({
        "loops.js": `export default { start() { console.log("at it"); for (;;); } }`,
      });
      const first = await startService({ folder, config: "" });
      await running(first, "loops");
      const { pid } = await companion(first, "loops");
      await define(first, { name: "web", cmd: "exec sleep 1000", type: "daemon" });
      await until(() => outputOf(first, "plugin:loops").includes("at it"), "it is told of the start");
      process.kill(first.pid, "SIGKILL");
      await first.exited;
      expect(isAlive(pid ?? 0)).toBe(true);
      const second = await startService({ folder, config: "" });
      await until(() => !isAlive(pid ?? 0), "it is gone");
      expect((await apiClient(second.url).instance("web")).state).toBe("running");
    },
    LONG_MS,
  );

  test(
    "can be switched off",
    async () => {
      const folder = folderWith({ "off.js": "export default { start() {} }" });
      const service = await startService({ folder, config: "[plugins.off]\nenabled = false\n" });
      expect(await companion(service, "off")).toMatchObject({ state: "disabled", pid: null });
    },
    LONG_MS,
  );
});

describe("meproc plugin init", () => {
  test("writes an example that runs, and leaves what is there", async () => {
    const folder = temporaryFolder();
    const plugins = join(folder, "plugins");
    const first = runToEnd(["plugin", "init", plugins]);
    expect(first.code).toBe(0);
    expect(readdirSync(plugins).sort()).toEqual(["count.ts", "meproc.d.ts"]);
    expect(readFileSync(join(plugins, "count.ts"), "utf8")).toBe(
      readFileSync(join(EXAMPLES, "count.ts"), "utf8"),
    );
    writePlugin(folder, "count.ts", "mine");
    expect(runToEnd(["plugin", "init", plugins]).stdout).toContain("left as it is");
    expect(readFileSync(join(plugins, "count.ts"), "utf8")).toBe("mine");
  });
});

describe("a listener", () => {
  test(
    "reads facts as lines of JSON, is started again, and told what it may have missed",
    async () => {
      const folder = temporaryFolder();
      const gate = makeGate(folder);
      const config = `[[listeners]]\nname = "reads"\ncommand = "head -n 1; ${gate.wait}"\nevents = ["run.*"]\ntasks = ["w*"]\n`;
      const service = await startService({ folder, config });
      await running(service, "reads");
      await define(service, { name: "web", cmd: "exit 4", type: "once" });
      await define(service, { name: "other", cmd: "exit 4", type: "once" });
      const lines = () =>
        outputOf(service, "listener:reads")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as Record<string, unknown>);
      const [first] = await until(() => (lines().length > 0 ? lines() : null), "it has read a line");
      expect(first).toMatchObject({ kind: "run.started", task: "web", alias: "web:0", again: false });
      await until(
        async () => (await companion(service, "reads")).handled === 2,
        "the other line is in its pipe",
      );
      gate.pass(1);
      await until(async () => (await companion(service, "reads")).restarts === 1, "it is started again");
      await running(service, "reads");
      await define(service, { name: "wed", cmd: "exit 4", type: "once" });
      await until(() => lines().length === 2, "it reads another line");
      expect(lines()[1]).toMatchObject({ kind: "run.started", task: "wed" });
      expect(await service.stop()).toBe(0);
    },
    LONG_MS,
  );

  test(
    "that does not read is told of no more than fits, which is counted, and holds up nobody",
    async () => {
      const folder = temporaryFolder();
      const service = await startService({
        folder,
        config: '[[listeners]]\nname = "deaf"\ncommand = "exec sleep 1000"\n',
      });
      await running(service, "deaf");
      await define(service, { name: "web", cmd: "exec sleep 1000", type: "daemon", autostart: false });
      const { url } = service;
      const change = async (description: string) =>
        fetch(`${url}/api/v1/tasks/web`, { method: "PATCH", body: JSON.stringify({ description }) });
      for (let round = 0; (await companion(service, "deaf")).dropped === 0; round++)
        await Promise.all(Array.from({ length: 200 }, (_, index) => change(`${round}-${index}`)));
      const { queued } = await companion(service, "deaf");
      expect(queued).toBeLessThanOrEqual(5100);
      expect(await service.stop()).toBe(0);
    },
    LONG_MS * 2,
  );
});
