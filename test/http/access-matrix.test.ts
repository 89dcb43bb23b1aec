/** Every route × everybody × on and off the loopback, from the app's own list of routes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RULED } from "../../src/http/route-rules.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";
import { type AccessApp, type As, everybody, serveAccess } from "./access-app.ts";

const TASK = "/api/v1/tasks/:name";

/** Who may do what, said a second time: what differs from the rules of the app fails. */
const ALLOWED: Readonly<Record<"anybody" | "known" | "viewer" | "operator" | "admin", readonly string[]>> = {
  anybody: ["GET /healthz", "GET /readyz", "GET /swagger", "POST /api/v1/session"],
  known: [
    "GET /swagger/json",
    "OPTIONS /proc",
    "ALL /proc",
    "OPTIONS /proc/output",
    "ALL /proc/output",
    "GET /api/v1/session",
    "DELETE /api/v1/session",
    "GET /api/v1/sessions",
    "DELETE /api/v1/sessions/:id",
  ],
  viewer: [
    "GET /proc",
    "GET /proc/output",
    "GET /api/v1/tasks",
    `GET ${TASK}`,
    `GET ${TASK}/output`,
    `GET ${TASK}/output/stream`,
    `GET ${TASK}/output/files`,
    `GET ${TASK}/output/files/:file`,
    "GET /api/v1/runs",
    "GET /api/v1/runs/:id",
    "GET /api/v1/runs/:id/output",
    "GET /api/v1/schedule",
    "GET /api/v1/schedule/preview",
    "GET /api/v1/events",
    "GET /api/v1/system",
  ],
  operator: [
    "PUT /proc",
    "POST /api/v1/tasks/start",
    "POST /api/v1/tasks/stop",
    "POST /api/v1/tasks/restart",
    ...["start", "stop", "restart", "reload", "run", "pause", "resume", "signal", "stdin"].map(
      (verb) => `POST ${TASK}/${verb}`,
    ),
  ],
  admin: [
    "POST /proc",
    "DELETE /proc",
    "POST /api/v1/tasks",
    `PUT ${TASK}`,
    `PATCH ${TASK}`,
    `DELETE ${TASK}`,
    `DELETE ${TASK}/output`,
    "POST /api/v1/plan",
    "POST /api/v1/apply",
    "GET /api/v1/users",
    "POST /api/v1/users",
    "PATCH /api/v1/users/:user",
    "PUT /api/v1/users/:user/password",
    "DELETE /api/v1/users/:user",
    "GET /api/v1/tokens",
    "POST /api/v1/tokens",
    "DELETE /api/v1/tokens/:id",
    "GET /api/v1/audit",
    "POST /api/v1/webhooks/:name/test",
    "POST /api/v1/webhooks/:name/dead-letters/:id/retry",
  ],
};
/** For whoever is not bound to some of the tasks. */
const UNBOUNDED = [
  "GET /metrics",
  "GET /api/v1/plugins",
  "GET /api/v1/webhooks",
  "GET /api/v1/webhooks/:name/dead-letters",
];
/** Asked last, since it ends sessions. */
const LOGOUT = "DELETE /api/v1/session";
const ORDER = ["anybody", "known", "viewer", "operator", "admin"] as const;
type Kind = "unknown" | "viewer" | "operator" | "bounded" | "admin";
const RANK: Readonly<Record<Kind, number>> = { unknown: 0, viewer: 2, operator: 3, bounded: 3, admin: 4 };

/** Asks for what is not there, so that whoever is let in changes nothing. */
function askedOf(route: string): { method: string; path: string } {
  const [method = "", path = ""] = route.split(" ");
  const filled = path.replace(":name", "web-absent").replaceAll(/:\w+/g, "absent");
  const needsName = ["/proc", "/start", "/stop", "/restart"].some((end) => filled.endsWith(end));
  return {
    method: method === "ALL" ? "PATCH" : method,
    path: needsName ? `${filled}?name=absent` : filled,
  };
}

async function outcomeOf(app: AccessApp, route: string, as: As | undefined) {
  const { method, path } = askedOf(route);
  const response = await app.ask(method, path, { as });
  const type = response.headers.get("content-type") ?? "";
  const text = type.startsWith("text/event-stream") ? "" : await response.text();
  if (type.startsWith("text/event-stream")) await response.body?.cancel();
  if (response.status === 401) {
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    return "unknown";
  }
  return response.status === 403 && /needs the role|you are bound/.test(text) ? "forbidden" : "let in";
}

describe.each([
  ["on the loopback", "127.0.0.1"],
  ["off the loopback", "0.0.0.0"],
])("%s", (_, ip) => {
  const folder = makeFolder();
  let app: AccessApp;
  let people: Awaited<ReturnType<typeof everybody>>;

  beforeAll(async () => {
    // whoever has been known keeps what he has, also where it is not needed
    const before = await serveAccess({ folder: folder.path });
    people = await everybody(before);
    await before.close();
    app = await serveAccess({ folder: folder.path, ip });
    app.clock.advance(2000);
  }, 30_000);
  afterAll(async () => {
    await app.close();
    folder.remove();
  });

  test("every route is in the matrix", () => {
    const routes = app.app.routes.map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(routes)].sort()).toEqual([...Object.values(ALLOWED).flat(), ...UNBOUNDED].sort());
    expect(RULED.toSorted()).toEqual([...new Set(routes)].sort());
  });

  for (const [i, needed] of ORDER.entries()) {
    test.each(ALLOWED[needed].filter((route) => route !== LOGOUT))(`%s is for ${needed}`, async (route) => {
      for (const [kind, those] of Object.entries(people)) {
        const rank = RANK[kind as Kind];
        const refused = rank === 0 ? "unknown" : "forbidden";
        const expected = ip === "127.0.0.1" || rank >= i ? "let in" : refused;
        for (const [who, as] of Object.entries(those))
          expect(`${who}: ${await outcomeOf(app, route, as)}`).toBe(`${who}: ${expected}`);
      }
    });
  }

  test.each(UNBOUNDED)("%s is for whoever is not bound to tasks", async (route) => {
    for (const [kind, those] of Object.entries(people)) {
      const refused = { unknown: "unknown", bounded: "forbidden" }[kind] ?? "let in";
      const expected = ip === "127.0.0.1" ? "let in" : refused;
      for (const [who, as] of Object.entries(those))
        expect(`${who}: ${await outcomeOf(app, route, as)}`).toBe(`${who}: ${expected}`);
    }
  });

  test(`${LOGOUT} is for known, and ends the session that asks`, async () => {
    for (const [kind, those] of Object.entries(people))
      for (const [who, as] of Object.entries(those)) {
        const known = ip === "127.0.0.1" || RANK[kind as Kind] > 0;
        expect(`${who}: ${await outcomeOf(app, LOGOUT, as)}`).toBe(`${who}: ${known ? "let in" : "unknown"}`);
        const after = ip === "127.0.0.1" || (known && as !== undefined && "bearer" in as);
        expect((await app.ask("GET", "/api/v1/session", { as })).status).toBe(after ? 200 : 401);
      }
  });

  test("nothing was done to any task", () => {
    expect(app.supervisor.list().map(({ task }) => task.name)).toEqual(["web-1", "web-2", "db"]);
  });

  test.if(ip !== "127.0.0.1")("a path is closed however it is written", async () => {
    for (const path of [
      "/api/v1/tasks/",
      "/api/v1/tasks//",
      "//api/v1/tasks",
      "/api/v1/nothing",
      "/api/v1",
      "/api",
      "/proc/",
      "/proc/nothing",
      "/swagger/json/",
      "/metrics",
      "/api/v1/tasks?token=x",
      "/healthz/../proc",
    ])
      expect(`${path} ${(await app.ask("GET", path)).status}`).toBe(`${path} 401`);
    for (const path of ["/%61pi/v1/tasks", "/API/v1/tasks", "/Proc", "/api%2fv1/tasks", "/%70roc"])
      expect(`${path} ${(await app.ask("GET", path)).status}`).toBe(`${path} 404`);
    for (const method of ["OPTIONS", "HEAD", "PATCH", "PUT"])
      expect((await app.ask(method, "/api/v1/tasks")).status).toBe(401);
  });
});

test("/metrics may be opened to everybody, and nothing else with it", async () => {
  const folder = makeFolder();
  const app = await serveAccess({ folder: folder.path, metricsOpen: true });
  const status = async (path: string) => (await app.ask("GET", path)).status;
  expect([await status("/metrics"), await status("/api/v1/webhooks")]).toEqual([404, 401]);
  await app.close();
  folder.remove();
});
