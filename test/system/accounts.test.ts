/** `meproc user …` and `meproc token …` on a data directory, beside a service that runs and without one. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { executable } from "../helpers/executable.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

const PASSWORD = "correct horse battery";

/** Runs it on a data directory, with something to read. */
function call(dataDir: string, args: readonly string[], stdin = "") {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...executable(), ...args, "--data-dir", dataDir], {
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent" },
    stdin: Buffer.from(stdin),
    timeout: 20_000,
  });
  return { code: exitCode, stdout: stdout.toString().trim(), stderr: stderr.toString().trim() };
}

test("what is typed counts for the running service at the next request", async () => {
  const service = await startService({ args: ["--auth", "token"] });
  const { dataDir, url } = service;
  const status = async (path: string, token: string) =>
    (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  const token = call(dataDir, ["token", "create", "ci", "--role", "viewer", "--expires", "30d"]).stdout;
  expect(token).toMatch(/^mep_[0-9a-f]{16}_[0-9a-f]{64}$/);
  expect(await status("/api/v1/tasks", token)).toBe(200);
  expect(await status("/api/v1/audit", token)).toBe(403);
  expect(call(dataDir, ["token", "list"]).stdout).toMatch(
    /^ci {2}[0-9a-f]{16} {2}viewer {2}all tasks {2}until 20/,
  );
  expect(call(dataDir, ["token", "revoke", "ci"]).code).toBe(0);
  expect(await status("/api/v1/tasks", token)).toBe(401);

  const added = call(
    dataDir,
    ["user", "add", "anna", "--role", "operator", "--tasks", "web-*"],
    `${PASSWORD}\n`,
  );
  expect(added).toEqual({ code: 0, stdout: "User anna may log in", stderr: "" });
  const login = async (password: string) =>
    (
      await fetch(`${url}/api/v1/session`, {
        method: "POST",
        body: JSON.stringify({ user: "anna", password }),
      })
    ).status;
  expect(await login(PASSWORD)).toBe(201);
  call(dataDir, ["user", "passwd", "anna"], "another password\n");
  expect(await login(PASSWORD)).toBe(401);
  expect(await login("another password")).toBe(201);
  expect(call(dataDir, ["user", "role", "anna", "--role", "viewer"]).stdout).toBe("User anna is viewer now");
  expect(call(dataDir, ["user", "list"]).stdout).toBe("anna  viewer  all tasks");
  expect(call(dataDir, ["user", "remove", "anna"]).code).toBe(0);
  expect(await login("another password")).toBe(401);

  const admin = (await Bun.file(join(dataDir, "token")).text()).trim();
  const audit = await fetch(`${url}/api/v1/audit`, { headers: { authorization: `Bearer ${admin}` } });
  const { items } = (await audit.json()) as { items: { action: string; target: string; actor: string }[] };
  const typed = items
    .filter(({ actor }) => actor.startsWith("cli:"))
    .map((each) => `${each.action} ${each.target}`);
  expect(typed.toReversed()).toEqual([
    "meproc token create ci",
    "meproc token revoke ci",
    "meproc user add anna",
    "meproc user passwd anna",
    "meproc user role anna",
    "meproc user remove anna",
  ]);
}, 60_000);

test("without a service it makes what the next one finds", async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, "data");
  const token = call(dataDir, ["token", "create", "early", "--role", "admin"]).stdout;
  const service = await startService({ folder, args: ["--auth", "token"] });
  const answer = await fetch(`${service.url}/api/v1/session`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await answer.json()).toMatchObject({ actor: "token:early", role: "admin" });
}, 30_000);

test.each([
  [["token", "create", "ci", "--role", "boss"], "Allowed choices are viewer, operator, admin", 2],
  [["token", "create", "ci"], "required option '--role <role>'", 2],
  [["token", "create", "ci", "--role", "viewer", "--expires", "soon"], "Expected minutes, hours or days", 2],
  [["token", "create", "ci", "--role", "admin", "--tasks", "a"], "an admin cannot be bound to tasks", 1],
  [["token", "revoke", "absent"], "There is no such token", 1],
  [["user", "add", "anna", "--role", "viewer"], "No password came in by standard input", 1],
  [["user", "remove", "absent"], "There is no user named absent", 1],
] as const)("%j says what is wrong with it", (args, words, code) => {
  const said = call(join(temporaryFolder(), "data"), args);
  expect(said.stderr).toContain(words);
  expect([said.code, said.stdout]).toEqual([code, ""]);
});

test("off the loopback a token is made at the first start, shown once, and needed", async () => {
  const folder = temporaryFolder();
  const service = await startService({ folder, args: ["--ip", "0.0.0.0"] });
  const token = (await Bun.file(join(service.dataDir, "token")).text()).trim();
  await until(() => service.terminal().includes(`#token=${token}`), "it is on the terminal");
  expect(service.log()).not.toContain(token);
  expect(service.log()).toContain("A token is needed");
  expect((await fetch(`${service.url}/proc`)).status).toBe(401);
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${service.url}/`)).status).toBe(200);
  await service.stop();
  const next = await startService({ folder, args: ["--ip", "0.0.0.0"] });
  expect(next.terminal()).not.toContain(token);
  const answer = await fetch(`${next.url}/proc`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
}, 30_000);

test("on the loopback there is no token, and nobody is asked", async () => {
  const service = await startService();
  expect(existsSync(join(service.dataDir, "token"))).toBe(false);
  expect((await fetch(`${service.url}/proc`)).status).toBe(200);
});
