import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serveInProcess } from "../helpers/in-process.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { startService } from "../helpers/service.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { type Asker, makeAsker, type Question } from "./asker.ts";
import { callsOf, type Document, nameOf, readDocument } from "./document.ts";

const SLEEPER = { name: "sleeper", cmd: "exec sleep 1234", type: "daemon" };
const FOREIGN = { origin: "http://example.org" };
const REBOUND = { host: "example.org" };
const HUGE = "x".repeat((1 << 20) + 1);

type Row = readonly [status: number, question: Question];
const GET = (path: string, headers = {}): Question => ({ method: "GET", path, headers });
const POST = (path: string, body?: unknown, headers = {}): Question => ({
  method: "POST",
  path,
  body,
  headers,
});
const PUT = (path: string, headers = {}): Question => ({ method: "PUT", path, headers });
const send =
  (method: string) =>
  (path: string, body: unknown, headers = {}): Question => ({ method, path, body, headers });
const REPLACE = send("PUT");
const PATCH = send("PATCH");
const DELETE = (path: string, headers = {}): Question => ({ method: "DELETE", path, headers });

const ANNA = { name: "anna", password: "correct horse", role: "viewer" };
const CI = { name: "ci", role: "viewer", expires_in_ms: 60_000 };
const SET_PASSWORD = (user: string, body: unknown, headers = {}): Question => ({
  method: "PUT",
  path: `/api/v1/users/${user}/password`,
  body,
  headers,
});

/** Asked one after the other of a fresh service. */
const ROWS: readonly Row[] = [
  [200, GET("/proc")],
  [200, POST("/proc", SLEEPER)],
  [200, GET("/proc")],
  [403, POST("/proc", SLEEPER)],
  [403, POST("/proc", SLEEPER, FOREIGN)],
  [400, POST("/proc", "no JSON")],
  [400, POST("/proc", { ...SLEEPER, replica: "two" })],
  [413, POST("/proc", HUGE)],
  [200, PUT("/proc?name=sleeper")],
  [400, PUT("/proc")],
  [403, PUT("/proc?name=absent")],
  [403, PUT("/proc?name=sleeper", FOREIGN)],
  [200, GET("/proc/output?name=sleeper")],
  [200, GET("/proc/output?name=sleeper&bytes=10")],
  [400, GET("/proc/output")],
  [400, GET("/proc/output?name=sleeper&bytes=0")],
  [403, GET("/proc/output?name=absent")],
  [400, DELETE("/proc")],
  [403, DELETE("/proc?name=absent")],
  [403, DELETE("/proc?name=sleeper", FOREIGN)],
  [200, DELETE("/proc?name=sleeper")],

  [200, GET("/api/v1/tasks")],
  [201, POST("/api/v1/tasks", SLEEPER)],
  [201, POST("/api/v1/tasks", { name: "nightly", cmd: "true", type: "cron", cron: "0 3 * * *" })],
  [201, POST("/api/v1/tasks", { name: "typo", cmd: "no-such-program", type: "once", replica: 2 })],
  [201, POST("/api/v1/tasks", { name: "later", cmd: "true", type: "once", deps: ["sleeper"] })],
  [201, POST("/api/v1/tasks", { name: "crashing", cmd: "false", type: "daemon", interval: 600_000 })],
  [201, POST("/api/v1/tasks", { name: "script", cmd: "/no/such/file.ts", type: "coroutine" })],
  [200, GET("/api/v1/tasks")],
  [400, POST("/api/v1/tasks", "no JSON")],
  [400, POST("/api/v1/tasks")],
  [400, POST("/api/v1/tasks", { ...SLEEPER, name: "../x", colour: "red" })],
  [400, POST("/api/v1/tasks", { ...SLEEPER, name: "self", deps: ["self"] })],
  [403, POST("/api/v1/tasks", SLEEPER, FOREIGN)],
  [409, POST("/api/v1/tasks", SLEEPER)],
  [413, POST("/api/v1/tasks", HUGE)],
  [200, GET("/api/v1/tasks?name=sleeper")],
  [200, GET("/api/v1/tasks?name=absent")],
  [200, GET("/api/v1/tasks/sleeper")],
  [404, GET("/api/v1/tasks/absent")],
  ...["start", "stop", "restart"].flatMap((verb): Row[] => [
    [200, POST(`/api/v1/tasks/sleeper/${verb}`)],
    [200, POST(`/api/v1/tasks/nightly/${verb}`)],
    [400, POST(`/api/v1/tasks/sleeper/${verb}?wait=long`)],
    [403, POST(`/api/v1/tasks/sleeper/${verb}`, undefined, FOREIGN)],
    [404, POST(`/api/v1/tasks/absent/${verb}`)],
    [504, POST(`/api/v1/tasks/sleeper/${verb}?wait=exited&timeout_ms=0`)],
    [200, POST(`/api/v1/tasks/${verb}?name=sleep*&label=tier`)],
    [400, POST(`/api/v1/tasks/${verb}`)],
    [403, POST(`/api/v1/tasks/${verb}?name=*`, undefined, FOREIGN)],
  ]),
  [200, POST("/api/v1/tasks/start?name=sleep*&wait=running")],
  [200, POST("/api/v1/tasks/sleeper/restart?rolling=true&wait=healthy")],
  [200, POST("/api/v1/tasks/sleeper/stop?index=0&wait=stopped")],
  [404, POST("/api/v1/tasks/sleeper/start?index=7")],
  [400, GET("/api/v1/tasks?limit=0")],
  [200, GET("/api/v1/tasks?limit=2&state=stopped")],
  [400, GET("/api/v1/tasks/sleeper?usage=maybe")],
  [200, GET("/api/v1/tasks/sleeper?usage=true")],

  [
    504,
    POST("/api/v1/tasks?wait=healthy&timeout_ms=0", {
      name: "late",
      cmd: "true",
      type: "once",
      deps: ["late-dep"],
      autostart: false,
    }),
  ],
  [
    201,
    REPLACE("/api/v1/tasks/put", { cmd: "exec sleep 1234", type: "daemon", reload: { signal: "SIGCONT" } }),
  ],
  [
    200,
    REPLACE("/api/v1/tasks/put", { cmd: "exec sleep 1234", type: "daemon", reload: { signal: "SIGCONT" } }),
  ],
  [400, REPLACE("/api/v1/tasks/put", { cmd: "", type: "daemon" })],
  [403, REPLACE("/api/v1/tasks/put", {}, FOREIGN)],
  [412, REPLACE("/api/v1/tasks/put", { cmd: "true", type: "once" }, { "if-match": '"7"' })],
  [412, REPLACE("/api/v1/tasks/none", { cmd: "true", type: "once" }, { "if-match": "*" })],
  [400, REPLACE("/api/v1/tasks/put", { cmd: "true", type: "once" }, { "if-match": "7" })],
  [413, REPLACE("/api/v1/tasks/put", HUGE)],
  [
    504,
    REPLACE("/api/v1/tasks/put?wait=exited&timeout_ms=0", {
      cmd: "exec sleep 1234",
      type: "daemon",
      reload: { signal: "SIGCONT" },
    }),
  ],
  [200, PATCH("/api/v1/tasks/put", { replica: 2, labels: { tier: "web" } }, { "if-match": '"1"' })],
  [400, PATCH("/api/v1/tasks/put", [])],
  [403, PATCH("/api/v1/tasks/put", {}, FOREIGN)],
  [404, PATCH("/api/v1/tasks/absent", {})],
  [412, PATCH("/api/v1/tasks/put", {}, { "if-match": '"1"' })],
  [413, PATCH("/api/v1/tasks/put", HUGE)],
  [504, PATCH("/api/v1/tasks/put?wait=stopped&timeout_ms=0", { description: "new" })],

  ...(["reload", "signal"] as const).flatMap((verb): Row[] => {
    const body = verb === "signal" ? { signal: "SIGCONT" } : undefined;
    return [
      [200, POST(`/api/v1/tasks/put/${verb}`, body)],
      [400, POST(`/api/v1/tasks/put/${verb}?index=one`, body)],
      [403, POST(`/api/v1/tasks/put/${verb}`, body, FOREIGN)],
      [404, POST(`/api/v1/tasks/absent/${verb}`, body)],
      [409, POST(`/api/v1/tasks/typo/${verb}`, body)],
      [504, POST(`/api/v1/tasks/put/${verb}?wait=stopped&timeout_ms=0`, body)],
    ];
  }),
  [400, POST("/api/v1/tasks/put/signal", { signal: "SIGNAL" })],
  [413, POST("/api/v1/tasks/put/signal", HUGE)],
  [200, POST("/api/v1/tasks/nightly/start")],
  ...["pause", "resume", "run"].flatMap((verb): Row[] => [
    [200, POST(`/api/v1/tasks/nightly/${verb}`)],
    [400, POST(`/api/v1/tasks/nightly/${verb}?wait=long`)],
    [403, POST(`/api/v1/tasks/nightly/${verb}`, undefined, FOREIGN)],
    [404, POST(`/api/v1/tasks/absent/${verb}`)],
    [409, POST(`/api/v1/tasks/put/${verb}`)],
  ]),
  [504, POST("/api/v1/tasks/nightly/pause?wait=healthy&timeout_ms=0")],
  [504, POST("/api/v1/tasks/nightly/resume?wait=healthy&timeout_ms=0")],
  [200, GET("/api/v1/schedule?from=2026-11-22T00:00:00Z&to=2026-11-25T00:00:00Z&limit=2")],
  [400, GET("/api/v1/schedule?from=2h&to=1h")],

  [201, POST("/api/v1/tasks", { name: "reader", cmd: "exec sleep 1234", type: "daemon", stdin: "pipe" })],
  [204, POST("/api/v1/tasks/reader/stdin", "hello\n")],
  [400, POST("/api/v1/tasks/reader/stdin?timeout_ms=-1", "hello")],
  [403, POST("/api/v1/tasks/reader/stdin", "hello", FOREIGN)],
  [404, POST("/api/v1/tasks/absent/stdin", "hello")],
  [409, POST("/api/v1/tasks/put/stdin", "hello")],
  [413, POST("/api/v1/tasks/reader/stdin", HUGE)],
  [504, POST("/api/v1/tasks/reader/stdin?timeout_ms=0", "x".repeat(1 << 20))],
  [200, POST("/api/v1/tasks/stop?name=reader")],

  [200, POST("/api/v1/plan", { set: "shop", tasks: [{ name: "till", cmd: "true", type: "once" }] })],
  [200, POST("/api/v1/apply", { set: "shop", tasks: [{ name: "till", cmd: "true", type: "once" }] })],
  [200, POST("/api/v1/apply", { set: "shop", tasks: [] })],
  ...["plan", "apply"].flatMap((verb): Row[] => [
    [400, POST(`/api/v1/${verb}`, { tasks: [{ name: "till" }] })],
    [403, POST(`/api/v1/${verb}`, { tasks: [] }, FOREIGN)],
    [413, POST(`/api/v1/${verb}`, HUGE)],
  ]),
  [200, GET("/api/v1/tasks/typo/output")],
  [200, GET("/api/v1/tasks/typo/output?replica=1&bytes=10&before=2026-11-22:5")],
  [400, GET("/api/v1/tasks/typo/output?replica=2")],
  [400, GET("/api/v1/tasks/typo/output?bytes=0")],
  [400, GET("/api/v1/tasks/typo/output?before=now")],
  [404, GET("/api/v1/tasks/absent/output")],
  [200, GET("/api/v1/tasks/typo/output/stream")],
  [200, GET("/api/v1/tasks/typo/output/stream?replica=1&after=2026-11-22:0")],
  [400, GET("/api/v1/tasks/typo/output/stream?after=now")],
  [404, GET("/api/v1/tasks/absent/output/stream")],
  [200, GET("/api/v1/tasks/typo/output?tail=5&grep=not.found&ignore_case=1")],
  [200, GET("/api/v1/tasks/typo/output?since=1h", { accept: "application/x-ndjson" })],
  [400, GET("/api/v1/tasks/typo/output?since=yesterday")],
  [200, GET("/api/v1/tasks/typo/output/files")],
  [400, GET("/api/v1/tasks/typo/output/files?replica=7")],
  [404, GET("/api/v1/tasks/absent/output/files")],
  [404, GET("/api/v1/tasks/typo/output/files/none.log")],
  [404, GET("/api/v1/runs/nobody/output")],
  [400, DELETE("/api/v1/tasks/typo/output?replica=7")],
  [403, DELETE("/api/v1/tasks/typo/output", FOREIGN)],
  [404, DELETE("/api/v1/tasks/absent/output")],
  [204, DELETE("/api/v1/tasks/typo/output?replica=0")],
  [200, GET("/api/v1/tasks")],
  [403, DELETE("/api/v1/tasks/typo", FOREIGN)],
  [204, DELETE("/api/v1/tasks/typo")],
  [404, DELETE("/api/v1/tasks/typo")],
  [400, DELETE("/api/v1/tasks/put", { "if-match": "2" })],
  [412, DELETE("/api/v1/tasks/put", { "if-match": '"2"' })],
  [204, DELETE("/api/v1/tasks/put", { "if-match": '"2", "3"' })],
  [200, GET("/api/v1/events")],
  [200, GET("/api/v1/events?task=sleeper", { "last-event-id": "1" })],
  [400, GET("/api/v1/events?after=never")],
  [200, GET("/api/v1/runs")],
  [200, GET("/api/v1/runs?task=sleeper&result=stopped&since=2026-11-22T00:00:00Z&limit=1")],
  [200, GET("/api/v1/runs?since=15m")],
  [400, GET("/api/v1/runs?since=yesterday")],
  [400, GET("/api/v1/runs?limit=0")],
  [404, GET("/api/v1/runs/nobody")],
  [200, GET("/api/v1/system")],
  [200, GET("/api/v1/plugins")],
  [200, GET("/api/v1/schedule/preview?cron=%400+3+*+*+*")],
  [200, GET("/api/v1/schedule/preview?cron=0+3+*+*+*&count=100")],
  [400, GET("/api/v1/schedule/preview?cron=0+3+*+*+*&count=101")],
  [400, GET("/api/v1/schedule/preview?cron=0+3+*+*+*&timezone=Mars")],
  [200, GET("/api/v1/webhooks")],
  [200, GET("/api/v1/webhooks/hook/dead-letters")],
  [404, GET("/api/v1/webhooks/absent/dead-letters")],
  [200, POST("/api/v1/webhooks/hook/test")],
  [403, POST("/api/v1/webhooks/hook/test", undefined, FOREIGN)],
  [404, POST("/api/v1/webhooks/absent/test")],
  [403, POST("/api/v1/webhooks/hook/dead-letters/none/retry", undefined, FOREIGN)],
  [404, POST("/api/v1/webhooks/hook/dead-letters/none/retry")],
  [200, GET("/metrics")],
  [200, GET("/metrics", { accept: "application/openmetrics-text" })],
  [200, GET("/readyz")],
  [200, GET("/healthz")],

  [200, GET("/api/v1/session")],
  [204, DELETE("/api/v1/session")],
  [403, DELETE("/api/v1/session", FOREIGN)],
  [400, POST("/api/v1/session", {})],
  [403, POST("/api/v1/session", {}, FOREIGN)],
  [409, POST("/api/v1/session", { token: "x" })],
  [200, GET("/api/v1/sessions")],
  [404, DELETE("/api/v1/sessions/absent")],
  [403, DELETE("/api/v1/sessions/absent", FOREIGN)],
  [201, POST("/api/v1/users", ANNA)],
  [409, POST("/api/v1/users", ANNA)],
  [400, POST("/api/v1/users", { ...ANNA, role: "boss" })],
  [403, POST("/api/v1/users", ANNA, FOREIGN)],
  [413, POST("/api/v1/users", HUGE)],
  [200, GET("/api/v1/users")],
  [200, PATCH("/api/v1/users/anna", { role: "operator", tasks: ["web-*"] })],
  [400, PATCH("/api/v1/users/anna", { role: "admin", tasks: ["web-*"] })],
  [403, PATCH("/api/v1/users/anna", {}, FOREIGN)],
  [404, PATCH("/api/v1/users/nobody", { role: "viewer" })],
  [413, PATCH("/api/v1/users/anna", HUGE)],
  [204, SET_PASSWORD("anna", { password: "battery horse" })],
  [400, SET_PASSWORD("anna", { password: "short" })],
  [403, SET_PASSWORD("anna", {}, FOREIGN)],
  [404, SET_PASSWORD("nobody", { password: "battery horse" })],
  [413, SET_PASSWORD("anna", HUGE)],
  [204, DELETE("/api/v1/users/anna")],
  [404, DELETE("/api/v1/users/anna")],
  [403, DELETE("/api/v1/users/anna", FOREIGN)],
  [201, POST("/api/v1/tokens", CI)],
  [409, POST("/api/v1/tokens", CI)],
  [400, POST("/api/v1/tokens", { ...CI, expires_in_ms: -1 })],
  [403, POST("/api/v1/tokens", CI, FOREIGN)],
  [413, POST("/api/v1/tokens", HUGE)],
  [200, GET("/api/v1/tokens")],
  [204, DELETE("/api/v1/tokens/ci")],
  [404, DELETE("/api/v1/tokens/ci")],
  [403, DELETE("/api/v1/tokens/ci", FOREIGN)],
  [200, GET("/api/v1/audit?actor=api&limit=2")],
  [400, GET("/api/v1/audit?limit=0")],
];

/** Declared, and not to be brought about by asking: a process that even KILL does not end, a search without one. */
const OUT_OF_REACH =
  /^((DELETE|PUT|PATCH|POST) \/(proc|api\/v1\/apply|api\/v1\/tasks\/\{name\}(\/(stop|restart|output))?) 409|GET \/api\/v1\/(tasks|runs)\/\{\w+\}\/output 504|POST \/api\/v1\/session 429)$/;

const seenWhileStopping = new Set<string>();

// Not beside a service in this process: that one collects the exits of all children.
test("a service that is stopping says so, as the document declares", async () => {
  const service = await startService();
  const { ask, seen } = makeAsker(service.url, await readDocument(service.url));
  // a process that does not listen keeps the service from ending before it has been asked
  const cmd = "trap '' TERM; echo deaf; while :; do sleep 1; done";
  expect(await ask(POST("/api/v1/tasks", { name: "deaf", cmd, type: "daemon" }))).toBe(201);
  const output = async () => (await legacyClient(service.url).output("deaf"))["deaf:0"]?.toString();
  await until(async () => (await output()) === "deaf\n", "the process is deaf");
  service.signal("SIGTERM");
  await until(async () => (await ask(POST("/api/v1/tasks", SLEEPER))) === 503, "it takes no new work");
  const verbs = ["start", "stop", "restart", "reload", "run", "pause", "resume"].map((verb) =>
    POST(`/api/v1/tasks/deaf/${verb}`),
  );
  expect(await ask(GET("/readyz"))).toBe(503);
  expect(await ask(GET("/metrics"))).toBe(404);
  const questions = [
    POST("/proc", SLEEPER),
    PUT("/proc?name=deaf"),
    ...verbs,
    REPLACE("/api/v1/tasks/deaf", { ...SLEEPER, name: "deaf" }),
    PATCH("/api/v1/tasks/deaf", { replica: 2 }),
    POST("/api/v1/tasks/deaf/signal", { signal: "SIGCONT" }),
    POST("/api/v1/tasks/deaf/stdin", "hello"),
    POST("/api/v1/plan", { tasks: [] }),
    POST("/api/v1/apply", { tasks: [] }),
  ];
  for (const question of questions)
    expect([question.path, await ask(question)]).toEqual([question.path, 503]);
  for (const name of seen) seenWhileStopping.add(name);
}, 20_000);

/** Where callers have to say who they are. */
const seenByOthers = new Set<string>();

describe("every answer to somebody unknown, or who may not, is one that the document declares", () => {
  const folder = makeFolder();
  let service: Awaited<ReturnType<typeof serveInProcess>>;
  let document: Document;
  let asker: Asker;
  let viewer: { authorization: string };
  let admin: { authorization: string };

  beforeAll(async () => {
    service = await serveInProcess(folder.path, { auth: "token" });
    const token = (await Bun.file(join(folder.path, "data/token")).text()).trim();
    admin = { authorization: `Bearer ${token}` };
    document = await readDocument(service.baseUrl, admin);
    asker = makeAsker(service.baseUrl, document);
    expect(await asker.ask(POST("/api/v1/session", { token }))).toBe(201);
    const body = JSON.stringify({ name: "viewer", role: "viewer" });
    const init = { method: "POST", headers: admin, body };
    const made = (await (await fetch(`${service.baseUrl}/api/v1/tokens`, init)).json()) as { token: string };
    viewer = { authorization: `Bearer ${made.token}` };
  });
  afterAll(async () => {
    for (const name of asker.seen) seenByOthers.add(name);
    await service.close();
    folder.remove();
  });

  test("who is unknown", async () => {
    for (const { method, path, operation } of callsOf(document)) {
      const login = method === "POST" && path === "/api/v1/session";
      const body = login ? { token: "wrong" } : undefined;
      const status = await asker.ask({ method, path, body });
      expect([method, path, status]).toEqual([method, path, "401" in operation.responses ? 401 : 200]);
    }
  });

  test("who ends a session", async () => {
    const list = await fetch(`${service.baseUrl}/api/v1/sessions`, { headers: admin });
    const { items } = (await list.json()) as { items: { id: string }[] };
    const path = `/api/v1/sessions/${items[0]?.id}`;
    expect(await asker.ask({ method: "DELETE", path, headers: admin })).toBe(204);
  });

  test("who may not", async () => {
    for (const { method, path, operation } of callsOf(document)) {
      if (!("403" in operation.responses) || /proc|session/.test(path)) continue;
      const status = await asker.ask({ method, path: path.replace("{name}", "absent"), headers: viewer });
      expect([method, path, status]).toEqual([method, path, 403]);
    }
  });
});

describe("every answer is one that the document declares", () => {
  const folder = makeFolder();
  let service: Awaited<ReturnType<typeof serveInProcess>>;
  let document: Document;
  let asker: Asker;

  beforeAll(async () => {
    // nobody listens there: what is told of failures becomes dead letters at once
    service = await serveInProcess(folder.path, {
      webhooks: [{ name: "hook", url: "http://127.0.0.1:1/", retry: { attempts: 1 } }],
      metrics: { usage: true },
    });
    document = await readDocument(service.baseUrl);
    asker = makeAsker(service.baseUrl, document);
  });
  afterAll(async () => {
    await service.close();
    folder.remove();
  });

  for (const [i, [status, question]] of ROWS.entries()) {
    test(`${i + 1}. ${question.method} ${question.path}: ${status}`, async () => {
      expect(await asker.ask(question)).toBe(status);
    });
  }

  test("also to a request for a host that is not the service", async () => {
    for (const { method, path } of callsOf(document)) {
      const plain = path.replace("{name}", "sleeper");
      expect(await asker.ask({ method, path: plain, headers: REBOUND })).toBe(421);
    }
  });

  test("and so is that of a run that there is", async () => {
    const list = await fetch(`${service.baseUrl}/api/v1/runs?limit=1`);
    const { items } = (await list.json()) as { items: { id: string }[] };
    const path = `/api/v1/runs/${items[0]?.id}`;
    expect(await asker.ask(GET(path))).toBe(200);
    expect(await asker.ask(GET(`${path}/output?stream=stderr`))).toBe(200);
    expect(await asker.ask(GET(`${path}/output?since=yesterday`))).toBe(400);
  });

  test("and so is that of a run by hand that does not come to be what was waited for", async () => {
    const ask = () => asker.ask(POST("/api/v1/tasks/nightly/run?wait=healthy&timeout_ms=0"));
    await until(async () => (await ask()) === 504, "the run before is over");
  });

  test("and so is that of a dead letter that is tried again", async () => {
    await asker.ask(POST("/api/v1/tasks", { name: "failing", cmd: "exit 1", type: "once" }));
    const path = "/api/v1/webhooks/hook/dead-letters";
    const list = async () =>
      (await (await fetch(`${service.baseUrl}${path}`)).json()) as { items: { id: string }[] };
    const id = await until(async () => (await list()).items[0]?.id, "a message was put aside");
    expect(await asker.ask(GET(path))).toBe(200);
    expect(await asker.ask(POST(`${path}/${id}/retry`))).toBe(200);
  });

  test("and so are those of a file that there is", async () => {
    await asker.ask(POST("/api/v1/tasks", { name: "speaker", cmd: "echo hello", type: "once" }));
    const path = "/api/v1/tasks/speaker/output/files";
    const list = async () =>
      (await (await fetch(`${service.baseUrl}${path}`)).json()) as {
        items: { name: string; size_bytes: number }[];
      };
    const name = await until(
      async () => (await list()).items.find((file) => file.size_bytes > 0)?.name,
      "there is a file",
    );
    const file = (headers = {}) => GET(`${path}/${encodeURIComponent(name)}`, headers);
    expect(await asker.ask(file())).toBe(200);
    expect(await asker.ask(file({ range: "bytes=0-1" }))).toBe(206);
    expect(await asker.ask(file({ range: "bytes=99-" }))).toBe(416);
    const { headers } = await fetch(`${service.baseUrl}${file().path}`);
    expect(await asker.ask(file({ "if-none-match": headers.get("etag") ?? "" }))).toBe(304);
  });

  test("and every declared answer has been seen, but for those out of reach", () => {
    const declared = callsOf(document).flatMap((call) =>
      Object.keys(call.operation.responses).map((status) => `${nameOf(call)} ${status}`),
    );
    const unseen = declared.filter(
      (name) => !asker.seen.has(name) && !seenWhileStopping.has(name) && !seenByOthers.has(name),
    );
    expect(unseen.filter((name) => !OUT_OF_REACH.test(name))).toEqual([]);
  });
});
