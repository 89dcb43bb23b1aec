/** Twenty thousand requests that nobody means well: names, paths, headers, JSON. Generated, and the same each time. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../chaos/random.ts";
import { exchange } from "../helpers/raw-http.ts";
import { type Service, endService, launchService } from "../helpers/service.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";

setDefaultTimeout(120_000);

const BODIES = 12_000;
const PATHS = 6000;
const HEADERS = 2000;
const AT_ONCE = 16;
const SEED = 20261122;
/** Nothing that comes from a definition here can be started: there is no such program and no such user. */
const NOBODY = "no-such-user-of-ours";

const TEXTS = [
  ...[
    "",
    " ",
    ".",
    "..",
    "../x",
    "../../etc/passwd",
    "/etc/passwd",
    "..\\x",
    "a/b",
    "-rf",
    "--help",
    ".hidden",
  ],
  ...[
    "a\0b",
    "a\nb",
    "a\r\nx: y",
    "\u202Egnp.exe",
    "\u{1F4A5}",
    "é",
    "e\u0301",
    "\uFEFF",
    "\uD800",
    "a".repeat(129),
  ],
  ...[
    "a".repeat(5000),
    "__proto__",
    "constructor",
    "toString",
    "__coroutine__",
    "bootstrap",
    "null",
    "%2e%2e%2f",
  ],
  ...[
    "%00",
    "$(touch owned)",
    "`touch owned`",
    "; touch owned",
    "| touch owned",
    "<script>alert(1)</script>",
  ],
  ...[
    "{index}",
    "{index}/../..",
    "CON",
    "x:0",
    "x:y:z",
    "web",
    "*",
    "?",
    "[a-z]",
    "~",
    "~root",
    "\x1b[2J",
    "\u2028",
  ],
  ...[
    "/proc/self/environ",
    "file:///etc/passwd",
    "http://169.254.169.254/",
    "javascript:alert(1)",
    "' OR 1=1 --",
  ],
];
const FIELDS = [
  ...[
    "name",
    "cmd",
    "type",
    "cron",
    "user",
    "group",
    "replica",
    "interval",
    "deps",
    "description",
    "labels",
    "env",
  ],
  ...[
    "env_file",
    "inherit_env",
    "cwd",
    "umask",
    "nice",
    "limits",
    "stdin",
    "stop",
    "reload",
    "restart",
    "schedule",
  ],
  ...[
    "every_ms",
    "timeout_ms",
    "health",
    "max_memory_bytes",
    "watch",
    "autostart",
    "hooks",
    "log",
    "no_new_privs",
  ],
  ...["__proto__", "constructor", "nonsense", "", "NAME"],
];
const ROUTES = [
  ...[
    "/proc",
    "/proc/output",
    "/api/v1/tasks",
    "/api/v1/tasks/{}",
    "/api/v1/tasks/{}/output",
    "/api/v1/runs",
  ],
  ...[
    "/api/v1/tasks/{}/stop",
    "/api/v1/tasks/{}/restart",
    "/api/v1/tasks/{}/runs",
    "/api/v1/runs/{}",
    "/api/v1/{}",
  ],
  ...[
    "/api/v1/runs/{}/output",
    "/api/v1/system",
    "/healthz",
    "/swagger",
    "/swagger/json",
    "/{}",
    "/app.js/{}",
    "//{}",
  ],
];
const QUERIES = [
  "name",
  "bytes",
  "tail",
  "head",
  "search",
  "since",
  "until",
  "limit",
  "cursor",
  "replica",
  "label",
  "wait",
];

class Hostile {
  readonly #random = new Random(SEED);

  pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T;
  }

  below(most: number): number {
    return this.#random.below(most);
  }

  text(): string {
    const one = this.pick(TEXTS);
    return this.below(4) === 0 ? one + this.pick(TEXTS) : one;
  }

  value(depth = 0): unknown {
    const kind = this.below(depth > 4 ? 8 : 11);
    if (kind < 4) return this.text();
    if (kind === 4) return this.pick([0, -1, 1, 1.5, 1e308, -0, 2 ** 53, 2 ** 31, 4_294_967_296, 1e-9]);
    if (kind === 5) return this.pick([true, false]);
    if (kind === 6) return null;
    if (kind === 7) return this.pick(["once", "daemon", "cron", "coroutine"]);
    const size = this.below(4);
    if (kind === 8) return Array.from({ length: size }, () => this.value(depth + 1));
    const key = () => (this.below(2) === 0 ? this.pick(FIELDS) : this.text());
    return Object.fromEntries(Array.from({ length: size }, () => [key(), this.value(depth + 1)]));
  }

  /** Mostly nearly a definition: what is wrong with it is looked for in one field or two. */
  body(): string {
    const kind = this.below(12);
    if (kind === 0) return this.text();
    if (kind === 1) return "[".repeat(this.below(20_000));
    if (kind === 2) return `{"name":`.repeat(this.below(3000));
    if (kind === 3) return JSON.stringify(this.value());
    const wrong = Array.from({ length: 1 + this.below(3) }, () => [this.pick(FIELDS), this.value()]);
    const sound = {
      name: this.text(),
      cmd: "no-such-program-of-ours",
      type: this.pick(["once", "daemon", "cron"]),
    };
    // one in twelve may be taken: then its name is put to use, and its program is not there
    if (kind === 5) return JSON.stringify({ ...sound, cmd: ["no-such-program-of-ours"] });
    const whole = JSON.stringify({ ...sound, ...Object.fromEntries(wrong), user: NOBODY });
    return kind === 4 ? whole.slice(0, this.below(whole.length)) : whole;
  }

  path(): string {
    const raw = () =>
      this.below(2) === 0 ? encodeURIComponent(this.text().toWellFormed()) : visible(this.text());
    const route = this.pick(ROUTES).replace("{}", raw);
    const query = Array.from({ length: this.below(4) }, () => `${this.pick(QUERIES)}=${raw()}`);
    return route + (query.length > 0 ? `?${query.join("&")}` : "");
  }
}

/** As it may stand in the first line of a request, percent signs and all. */
function visible(text: string): string {
  // biome would have control characters escaped: anything but what is printed
  return Buffer.from(text.replace(/[^!-~]/g, "%7f"))
    .toString("latin1")
    .slice(0, 3000);
}

describe("hostile input", () => {
  const folder = makeFolder();
  let service: Service;
  beforeAll(async () => {
    service = await launchService(folder.path);
  });
  afterAll(async () => {
    await endService(service);
    folder.remove();
  });

  const nothingHappened = async () => {
    expect(service.descendants()).toEqual([]);
    expect(readdirSync(service.cwd)).toEqual([]);
    expect(readdirSync(service.folder).sort()).toEqual(["cwd", "data"]);
    expect(readdirSync(service.logDir, { withFileTypes: true }).filter((each) => !each.isFile())).toEqual([]);
    expect(existsSync(join(service.folder, "owned"))).toBe(false);
    const lines = service.log().trimEnd().split("\n");
    // that a program is not there is an error of its task's; one of the service's own names a request, or is unexpected
    expect(lines.filter((line) => /\[ERROR\]: ([A-Z]+ \/|Unexpected|A subscriber)/.test(line))).toEqual([]);
    const whole = /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d UTC \[[A-Z]+\]: [^\p{Cc}\u202A-\u202E]{0,4001}$/u;
    expect(lines.filter((line) => !whole.test(line))).toEqual([]);
  };

  test("as definitions", async () => {
    const hostile = new Hostile();
    const statuses = new Map<number, number>();
    let taken = 0;
    const post = async () => {
      const path = hostile.pick(["/proc", "/api/v1/tasks", "/api/v1/tasks", "/api/v1/apply", "/api/v1/plan"]);
      const body = hostile.body();
      const { status } = await fetch(service.url + path, { method: "POST", body });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 201) taken++;
      if (status >= 500) throw new Error(`${status} for ${path} ${body.slice(0, 1000)}`);
    };
    await inParallel(BODIES, post);
    expect(taken).toBeGreaterThan(5);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(BODIES / 2);
    await nothingHappened();
  });

  test("as paths and queries, with each method", async () => {
    const hostile = new Hostile();
    let answers = 0;
    await inParallel(PATHS, async () => {
      const method = hostile.pick([
        "GET",
        "GET",
        "GET",
        "HEAD",
        "PUT",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "PROPFIND",
      ]);
      const head = `${method} ${hostile.path()} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      const answer = await exchange(service.url, Buffer.from(head, "latin1"));
      expect(answer).not.toMatch(/^HTTP\/1\.1 5\d\d/);
      expect(answer).not.toContain("root:x:0");
      if (answer.startsWith("HTTP/1.1 ")) answers++;
    });
    expect(answers).toBe(PATHS);
    await nothingHappened();
  });

  test("as headers, and as what is no HTTP", async () => {
    const hostile = new Hostile();
    const names = [
      "Host",
      "Origin",
      "Content-Length",
      "Transfer-Encoding",
      "Content-Type",
      "Range",
      "If-Match",
      "Accept",
    ];
    const more = [
      "Cookie",
      "Authorization",
      "Last-Event-ID",
      "X-Forwarded-For",
      "Upgrade",
      "Expect",
      "Sec-Fetch-Site",
    ];
    await inParallel(HEADERS, async () => {
      const lines = Array.from({ length: 1 + hostile.below(4) }, () => {
        const name = hostile.pick([...names, ...more]);
        const value = hostile.pick([
          "chunked",
          "-1",
          "1e9",
          "0x10",
          "gzip",
          "bytes=0-,-5",
          "*",
          "99999999999999999999",
        ]);
        return `${name}: ${hostile.below(2) === 0 ? value : hostile.text().replaceAll("\0", "")}\r\n`;
      });
      const path = hostile.pick(["/proc", "/api/v1/tasks", "/", "/api/v1/tasks/x/output"]);
      const method = hostile.pick(["GET", "POST", "DELETE", "CONNECT", "\x16\x03\x01", "GET GET", ""]);
      const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
      const answer = await firstAnswer(service.url, `${head}${lines.join("")}\r\n{}\r\n\r\n`);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5\d\d/);
    });
    await nothingHappened();
  });
});

/** What came first, or nothing if the other side has closed, or waits for more. */
async function firstAnswer(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (one) => {
        one.write(Buffer.from(bytes));
        one.shutdown();
      },
      data: (_, answer) => resolve(answer.toString("latin1")),
      close: () => resolve(""),
      error: () => resolve(""),
    },
  });
  const answer = await promise;
  socket.terminate();
  return answer;
}

async function inParallel(count: number, act: () => Promise<void>): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await act();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
