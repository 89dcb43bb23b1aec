import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, defaultDataDir, loadConfig } from "../../src/config/load.ts";
import { DEFAULT_LOG_POLICY } from "../../src/domain/output.ts";
import { parseTask } from "../../src/supervisor/admission.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (toml: string) => {
  const path = join(folder, "meproc.toml");
  writeFileSync(path, toml);
  return path;
};
const load = (toml: string, variables: Record<string, string> = {}) =>
  loadConfig({ config: file(toml) }, variables, parseTask);

function complaint(toml: string): string {
  try {
    load(toml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(join(folder, "meproc.toml"), "FILE");
    throw error;
  }
  throw new Error("nothing was wrong");
}

describe("where a value comes from", () => {
  test("flags win over the environment, the environment over the file, the file over the defaults", () => {
    const config = file('ip = "10.0.0.1"\nport = 1\nlog_level = "warn"\n');
    const variables = { MEPROC_PORT: "2", MEPROC_LOG_LEVEL: "error", MEPROC_DATA_DIR: folder };
    const loaded = loadConfig({ config, logLevel: "debug" }, variables, parseTask);
    expect([loaded.ip, loaded.port, loaded.logLevel]).toEqual(["10.0.0.1", 2, "debug"]);
    expect(loaded.logDir).toBe(join(folder, "log"));
  });

  test("no file is needed", () => {
    const config = loadConfig({}, { STATE_DIRECTORY: "/state:/other" }, parseTask);
    expect([config.ip, config.port, config.dataDir, config.logDir]).toEqual([
      "127.0.0.1",
      8606,
      "/state",
      "/state/log",
    ]);
  });

  test("an empty variable counts as not set", () => {
    expect(loadConfig({}, { MEPROC_PORT: "", MEPROC_CONFIG: file("port = 5") }, parseTask).port).toBe(5);
  });

  test("the data folder follows the platform's ways", () => {
    if (process.platform === "win32")
      return expect(defaultDataDir({ LOCALAPPDATA: "C:" })).toContain("meproc");
    if (process.getuid?.() === 0) return expect(defaultDataDir({})).toBe("/var/lib/meproc");
    expect(defaultDataDir({ XDG_STATE_HOME: "/x" })).toBe("/x/meproc");
  });

  test("tasks are taken as they are", () => {
    const { tasks } = load('[[tasks]]\nname = "a"\ncmd = "true"\ntype = "once"\n');
    expect(tasks).toEqual([{ name: "a", cmd: "true", type: "once" }]);
  });
});

test("what is kept of output is as the file says, and else as always", () => {
  const { log, allTasksBytes } = load("[log]\nmax_bytes = 5000\nstdout = true\nall_tasks_bytes = 7\n");
  expect([log, allTasksBytes]).toEqual([{ ...DEFAULT_LOG_POLICY, max_bytes: 5000, stdout: true }, 7]);
  expect(load("").log).toEqual(DEFAULT_LOG_POLICY);
});

describe("what is wrong is said in one line: file, key, what was expected", () => {
  test.each([
    ["prot = 1", "FILE: prot: there is no such field; did you mean port?"],
    ['port = "x"', "FILE: port: expected an integer from 0 to 65535"],
    ["port = 70000", "FILE: port: expected an integer from 0 to 65535"],
    ['log_level = "loud"', 'FILE: log_level: expected "debug", "info", "warn", "error"'],
    ["[web]\nprot = 1", "FILE: web.prot: there is no such field; did you mean port?"],
    ["ip = 5", "FILE: ip: expected a text that is not empty"],
    ["tasks = 5", "FILE: tasks: expected a list of which each is an object"],
    ["[log]\nmax_bytes = 1", "FILE: log.max_bytes: expected 0 for no limit, or at least 4096"],
    ["[log]\nmax_bites = 1", "FILE: log.max_bites: there is no such field; did you mean max_bytes?"],
    ["[log]\nall_tasks_bytes = -1", "FILE: log.all_tasks_bytes: expected an integer of at least 0"],
    ['[log]\nformat = "xml"', 'FILE: log.format: expected "raw", "timestamped", "json"'],
    [
      '[[tasks]]\nname = "a"',
      "FILE: [[tasks]] number 1: cmd: required, but not given; type: required, but not given",
    ],
    [
      '[[tasks]]\nname = "a"\ncmd = "x"\ntype = "cron"\ncron = "x"',
      "FILE: [[tasks]] number 1: cron: expected five fields, six with the seconds first, or a name such as @daily",
    ],
    [
      '[[tasks]]\nname = "a"\ncmd = "x"\ntype = "once"\n[[tasks]]\nname = "a"\ncmd = "x"\ntype = "once"',
      "FILE: [[tasks]] number 2: name: a is the name of an earlier task",
    ],
  ])("%j", (toml, message) => expect(complaint(toml)).toBe(message));

  test("text that is not TOML, with its line", () => {
    expect(complaint('port = 1\nip = "unclosed\n')).toMatch(/^FILE:2: not valid TOML: /);
  });

  test("a file that is not there", () => {
    expect(() => loadConfig({ config: join(folder, "none.toml") }, {}, parseTask)).toThrow(
      "it does not exist",
    );
  });

  test("flags and variables by their own names", () => {
    expect(() => loadConfig({ port: "x" }, {}, parseTask)).toThrow(
      "--port: expected an integer from 0 to 65535",
    );
    expect(() => loadConfig({}, { MEPROC_LOG_LEVEL: "loud" }, parseTask)).toThrow(
      "MEPROC_LOG_LEVEL: expected one of debug, info, warn, error",
    );
  });
});

describe("who is told, and what is counted", () => {
  const hook = (more: string) => `[[webhooks]]\nname = "chat"\nurl = "http://example.com/x"\n${more}`;

  test("is nobody and nothing unless the file says so", () => {
    const { webhooks, mail, metrics, otel } = loadConfig({}, {}, parseTask);
    expect({ webhooks, mail, metrics, otel }).toEqual({
      webhooks: [],
      mail: null,
      metrics: null,
      otel: null,
    });
  });

  test("an empty section turns metrics on", () => {
    expect(load("[metrics]\n").metrics).toEqual({});
  });

  test.each([
    [hook('events = ["fail"]'), /^FILE: webhooks\.0\.events\.0: expected one of failed, /],
    [hook('secret = "short"'), "FILE: webhooks.0.secret: expected a text of at least 8 characters"],
    [hook(hook("")), "FILE: [[webhooks]] number 2: name: chat is taken"],
    [hook("").replace("chat", "mail"), "FILE: [[webhooks]] number 1: name: mail is taken"],
    [
      hook("").replace("http://example.com/x", "http://[/"),
      "FILE: [[webhooks]] number 1: url: expected a URL of http or https",
    ],
    [hook("").replace("http", "ftp"), "FILE: webhooks.0.url: expected a URL of http or https"],
    ['[mail]\nhost = "x"\nfrom = "a@b"\nto = []\n', /^FILE: mail\.to: expected a list/],
    ['[otel]\nendpoint = "collector"\n', "FILE: otel.endpoint: expected a URL of http or https"],
  ])("%#. a fault is named", (toml, said) => {
    if (typeof said === "string") expect(complaint(toml)).toBe(said);
    else expect(complaint(toml)).toMatch(said);
  });
});
