/** Logging in, sessions, tokens, users and what the audit keeps of them. */
import { describe, expect, test } from "bun:test";
import { existsSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { type AccessAppOptions, type As, HOUR_MS, PASSWORD, cookieOf, serveAccess } from "./access-app.ts";

async function open(options: Partial<AccessAppOptions> = {}) {
  const folder = temporaryFolder();
  const app = await serveAccess({ folder, ...options });
  whenDone(app.close);
  const admin: As = { bearer: app.first.make() ?? "" };
  const status = async (as: As | undefined) => (await app.ask("GET", "/api/v1/session", { as })).status;
  const login = (body: unknown) => app.ask("POST", "/api/v1/session", { body });
  const session = async (body: unknown): Promise<As> => ({ cookie: cookieOf(await login(body)) });
  return { ...app, folder, admin, status, login, session };
}

describe("a session", () => {
  test("is begun with the first token, and its cookie is kept from scripts and other sites", async () => {
    const { login, admin, status } = await open();
    const answer = await login({ token: "bearer" in admin ? admin.bearer : "" });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ actor: "token:first", role: "admin", via: "session" });
    expect(answer.headers.get("set-cookie")).toMatch(
      /^meproc_session=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(await status({ cookie: `other=1; ${cookieOf(answer)}; meproc_sessions=2` })).toBe(200);
  });

  test("lasts for twelve hours after it was used, and is renewed by use", async () => {
    const { session, admin, status, clock } = await open();
    const as = await session({ token: "bearer" in admin ? admin.bearer : "" });
    for (let i = 0; i < 4; i++) {
      clock.advance(11 * HOUR_MS);
      expect(await status(as)).toBe(200);
    }
    clock.advance(12 * HOUR_MS + 1);
    expect(await status(as)).toBe(401);
  });

  test("ends when the token is replaced that it was begun with", async () => {
    const { session, admin, status, first } = await open();
    const as = await session({ token: "bearer" in admin ? admin.bearer : "" });
    writeFileSync(first.path, `${"1".repeat(64)}\n`);
    expect(await status(as)).toBe(401);
    expect(await status(admin)).toBe(401);
    expect(await status({ bearer: "1".repeat(64) })).toBe(200);
  });

  test("is listed and ended by its own user, and by an admin; nobody else knows of it", async () => {
    const { accounts, session, ask, admin, status } = await open();
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "viewer" });
    await accounts.addUser({ name: "otto", password: PASSWORD, role: "operator" });
    const [anna, otto] = [
      await session({ user: "anna", password: PASSWORD }),
      await session({ user: "otto", password: PASSWORD }),
    ];
    const list = async (as: As) => (await (await ask("GET", "/api/v1/sessions", { as })).json()).items;
    expect((await list(anna)).map(({ actor }: { actor: string }) => actor)).toEqual(["user:anna"]);
    expect((await list(admin)).length).toBe(2);
    const [{ id, current }] = await list(anna);
    expect(current).toBe(true);
    expect((await ask("DELETE", `/api/v1/sessions/${id}`, { as: otto })).status).toBe(404);
    expect((await ask("DELETE", `/api/v1/sessions/${id}`, { as: admin })).status).toBe(204);
    expect([await status(anna), await status(otto)]).toEqual([401, 200]);
  });
});

describe("a user", () => {
  test("that nobody knows is answered as a wrong password is", async () => {
    const { accounts, login } = await open();
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "viewer" });
    const said = async (body: unknown) => {
      const answer = await login(body);
      return [answer.status, await answer.text(), answer.headers.get("set-cookie")];
    };
    const unknown = await said({ user: "nobody", password: PASSWORD });
    expect(unknown[0]).toBe(401);
    expect(await said({ user: "anna", password: "wrong password" })).toEqual(unknown);
    expect(await said({ user: "anna", password: "x" })).toEqual(unknown);
  });

  test("is out when the password is set, and may less when the role is changed", async () => {
    const { accounts, session, ask, admin, status } = await open();
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const first = await session({ user: "anna", password: PASSWORD });
    expect((await ask("GET", "/api/v1/users", { as: first })).status).toBe(200);
    const change = { role: "operator", tasks: ["web-*"] };
    expect((await ask("PATCH", "/api/v1/users/anna", { as: admin, body: change })).status).toBe(200);
    expect((await ask("GET", "/api/v1/users", { as: first })).status).toBe(403);
    const password = "another password";
    const set = await ask("PUT", "/api/v1/users/anna/password", { as: admin, body: { password } });
    expect(set.status).toBe(204);
    expect(await status(first)).toBe(401);
    expect(await status(await session({ user: "anna", password: PASSWORD }))).toBe(401);
    expect(await status(await session({ user: "anna", password }))).toBe(200);
  }, 30_000);

  test.each([
    [{ name: "anna", password: "short", role: "viewer" }, "password"],
    [{ name: "../x", password: PASSWORD, role: "viewer" }, "name"],
    [{ name: "anna", password: PASSWORD, role: "boss" }, "role"],
    [{ name: "anna", password: PASSWORD, role: "admin", tasks: ["a"] }, "tasks"],
    [{ name: "anna", password: PASSWORD }, "role"],
  ])("%j is refused for its %s, and the answer does not repeat it", async (body, field) => {
    const { ask, admin, log } = await open();
    const answer = await ask("POST", "/api/v1/users", { as: admin, body });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(text).toContain(field);
    expect(text + log.join()).not.toContain(PASSWORD);
  });
});

describe("a token", () => {
  test("is shown once, expires, and is revoked by its name", async () => {
    const { ask, admin, status, clock, store } = await open();
    const body = { name: "ci", role: "viewer", expires_in_ms: 60_000 };
    const made = await (await ask("POST", "/api/v1/tokens", { as: admin, body })).json();
    expect(made).toMatchObject({ name: "ci", role: "viewer", created_by: "token:first" });
    const as = { bearer: made.token };
    expect(await status(as)).toBe(200);
    const list = await (await ask("GET", "/api/v1/tokens", { as: admin })).text();
    expect(list).toContain("ci");
    expect(list + JSON.stringify(store.accounts.tokens())).not.toContain(made.token.split("_")[2]);
    expect(await status({ bearer: `${made.token.slice(0, -1)}x` })).toBe(401);
    clock.advance(60_000);
    expect(await status(as)).toBe(401);
    expect((await ask("DELETE", "/api/v1/tokens/ci", { as: admin })).status).toBe(204);
    expect((await ask("DELETE", "/api/v1/tokens/ci", { as: admin })).status).toBe(404);
  });

  test("takes its sessions with it", async () => {
    const { accounts, session, status } = await open();
    const { secret } = accounts.createToken({ name: "ci", role: "viewer" }, "test");
    const as = await session({ token: secret });
    expect(await status(as)).toBe(200);
    accounts.revokeToken("ci");
    expect(await status(as)).toBe(401);
  });

  test("in the data directory is made once, for its owner's eyes, and not through a link", async () => {
    const { first, folder } = await open();
    expect(first.make()).toBeNull();
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
    rmSync(first.path);
    writeFileSync(join(folder, "elsewhere"), "2".repeat(64));
    symlinkSync(join(folder, "elsewhere"), first.path);
    expect(first.matches("2".repeat(64))).toBe(false);
    rmSync(first.path);
    symlinkSync(join(folder, "nowhere"), first.path);
    expect(() => first.make()).toThrow();
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });
});

describe("who fails often", () => {
  test("waits longer each time, while others do not", async () => {
    const { ask, admin, status, clock } = await open({ throttled: true });
    const wrong: As = { bearer: "0".repeat(64) };
    for (let i = 0; i < 5; i++) expect(await status(wrong)).toBe(401);
    const waiting = Array.from({ length: 4 }, () => status(wrong));
    await until(
      async () => (await ask("GET", "/api/v1/session", { as: wrong })).status === 429,
      "it is full",
    );
    expect(await status(admin)).toBe(200);
    clock.advance(5000);
    expect(await Promise.all(waiting)).toEqual([401, 401, 401, 401]);
    const refused = await Promise.race([
      ...Array.from({ length: 6 }, () => ask("GET", "/api/v1/session", { as: wrong })),
    ]);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("5");
    clock.advance(5000);
  });
});

describe("an answer without an end", () => {
  const FOLLOW = "/api/v1/tasks/db/output?follow=1";

  test.each(["/api/v1/events", "/api/v1/tasks/db/output/stream", FOLLOW])(
    "%s ends when the token is revoked",
    async (path) => {
      const { accounts, ask, clock, output } = await open({ throttled: true });
      const { secret } = accounts.createToken({ name: "reader", role: "viewer" }, "test");
      const asked = ask("GET", path, { as: { bearer: secret } });
      // what is followed as it is written says nothing before the first byte
      if (path === FOLLOW) await until(() => output.followed.length > 0, "it is followed");
      else await asked;
      const body = asked.then((answer) => answer.text());
      clock.advance(60_000);
      expect(await Promise.race([body, Promise.resolve("goes on")])).toBe("goes on");
      accounts.revokeToken("reader");
      clock.advance(5000);
      await body;
    },
  );
});

describe("the audit", () => {
  test("has who did what, from where, and what came of it, without any secret", async () => {
    const { ask, admin, accounts, login, store } = await open();
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "operator" });
    const cookie = cookieOf(await login({ user: "anna", password: PASSWORD }));
    await login({ user: "anna", password: "a wrong password" });
    await ask("POST", "/api/v1/tasks/db/stop", { as: { cookie } });
    await ask("DELETE", "/proc?name=db", { as: { cookie } });
    await ask("GET", "/api/v1/users", { as: { cookie } });
    await ask("GET", "/api/v1/tasks", { as: { cookie } });
    await ask("POST", "/api/v1/tasks", { as: admin, body: { name: "new", cmd: "true", type: "once" } });
    const answer = await ask("GET", "/api/v1/audit", { as: admin });
    const { items } = await answer.json();
    const lines = items.map((each: Record<string, unknown>) =>
      [each["actor"], each["action"], each["target"], each["outcome"], each["status"]].join(" "),
    );
    expect(lines.toReversed()).toEqual([
      "user:anna POST /api/v1/session  done 201",
      "unknown POST /api/v1/session  refused 401",
      "user:anna POST /api/v1/tasks/:name/stop db done 200",
      "user:anna DELETE /proc db refused 403",
      "user:anna GET /api/v1/users  refused 403",
      "token:first POST /api/v1/tasks new done 201",
    ]);
    expect(items[0].address).toBe("127.0.0.1");
    expect(JSON.stringify(store.audit({ limit: 100 }))).not.toContain("password");
  });

  test("cannot be removed over the API", async () => {
    const { ask, admin, app } = await open();
    const routes = app.routes.filter(({ path }) => path.includes("audit"));
    expect(routes.map(({ method }) => method)).toEqual(["GET"]);
    expect((await ask("DELETE", "/api/v1/audit", { as: admin })).status).toBe(405);
  });

  test("is given page by page", async () => {
    const { ask, admin } = await open();
    for (let i = 0; i < 5; i++) await ask("POST", `/api/v1/tasks/absent-${i}/stop`, { as: admin });
    const page = async (query: string) =>
      await (await ask("GET", `/api/v1/audit?limit=2${query}`, { as: admin })).json();
    const targets: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { items, next_cursor } = await page(cursor === "" ? "" : `&cursor=${cursor}`);
      targets.push(...items.map(({ target }: { target: string }) => target));
      cursor = next_cursor;
    }
    expect(targets).toEqual(["absent-4", "absent-3", "absent-2", "absent-1", "absent-0"]);
  });
});

test("where nobody has to say who he is nobody can log in, and everybody is an admin", async () => {
  const { login, status, ask } = await open({ ip: "127.0.0.1" });
  expect((await login({ token: "x" })).status).toBe(409);
  expect(await status({ bearer: "wrong" })).toBe(200);
  expect(await (await ask("GET", "/api/v1/session")).json()).toMatchObject({ role: "admin", via: "none" });
});
