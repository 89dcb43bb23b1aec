/** A secret that was once given is found nowhere: not in an answer, a fact, a log, a file or on the terminal. */
import { expect, test } from "bun:test";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const ENV = "canary-of-env-5f1c";
const PASSWORD = "canary-of-password-77ab";
const WRONG = "canary-of-wrong-password-01";
const TYPED = "canary-of-a-token-that-is-none";

test("no secret is in anything that the service says or writes", async () => {
  const service = await startService({ args: ["--auth", "token", "--log-level", "debug"] });
  const first = readFileSync(join(service.dataDir, "token"), "utf8").trim();
  const answers: string[] = [];
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${first}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text, response.headers.get("location") ?? "");
    return { response, text };
  };
  const task = { name: "web", cmd: "exec sleep 1234", type: "daemon", env: { SECRET: ENV } };

  await ask("POST", "/api/v1/tasks", task);
  await ask("POST", "/api/v1/tasks", task);
  await ask("POST", "/proc", { ...task, name: "old" });
  await ask("POST", "/api/v1/tasks", { ...task, name: "bad", env: { SECRET: 7, OTHER: ENV } });
  await ask("POST", "/api/v1/tasks", { ...task, name: "bad", env: { [ENV.replaceAll("-", " ")]: ENV } });
  await ask("POST", "/api/v1/tasks", `{"name": "bad", "env": {"SECRET": "${ENV}"`);
  await ask("PUT", "/api/v1/tasks/web", { ...task, env: { SECRET: ENV, MORE: `${ENV}2` } });
  await ask("PATCH", "/api/v1/tasks/web", { env: { MORE: `${ENV}3` } });
  await ask("POST", "/api/v1/plan", { tasks: [{ ...task, replica: 2 }] });
  await ask("POST", "/api/v1/apply", { tasks: [{ ...task, cmd: "exec no-such-program" }] });
  await ask("POST", "/api/v1/users", { name: "anna", password: PASSWORD, role: "operator" });
  await ask("POST", "/api/v1/users", { name: "otto", password: PASSWORD, role: "boss" });
  await ask("POST", "/api/v1/users", { name: PASSWORD.repeat(20), password: PASSWORD, role: "viewer" });
  await ask("PUT", "/api/v1/users/anna/password", { password: PASSWORD });
  await ask("PUT", "/api/v1/users/nobody/password", { password: PASSWORD });
  const login = await ask("POST", "/api/v1/session", { user: "anna", password: PASSWORD });
  const cookie = login.response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const session = cookie.split("=")[1] ?? "";
  await ask("POST", "/api/v1/session", { user: "anna", password: WRONG });
  await ask("POST", "/api/v1/session", { user: WRONG, password: WRONG });
  await ask("POST", "/api/v1/session", { token: TYPED });
  await ask("POST", "/api/v1/session", { user: 7, password: WRONG });
  await ask("GET", "/api/v1/tasks", undefined, { authorization: `Bearer ${TYPED}` });
  await ask("GET", "/api/v1/tasks", undefined, { authorization: TYPED });
  await ask("DELETE", "/api/v1/tasks/web", undefined, { authorization: "", cookie });
  const made = await ask("POST", "/api/v1/tokens", { name: "ci", role: "viewer" });
  const token = JSON.parse(made.text).token.split("_")[2] as string;
  // the one answer that is to have it
  answers.splice(answers.indexOf(made.text), 1);
  for (const path of [
    "tasks",
    "tasks/web",
    "runs",
    "users",
    "tokens",
    "sessions",
    "audit",
    "system",
    "session",
  ])
    await ask("GET", `/api/v1/${path}`);
  for (const path of ["/proc", "/swagger/json", "/healthz", "/api/v1/tasks/web?usage=1"])
    await ask("GET", path);
  const events = await fetch(`${service.url}/api/v1/events?after=0`, {
    headers: { authorization: `Bearer ${first}` },
  });
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  let told = "";
  await until(async () => {
    told += (await reader?.read())?.value ?? "";
    return told.includes("task.changed");
  }, "the facts have been read");
  await reader?.cancel();
  answers.push(told);
  await service.stop();

  const secrets = [ENV, PASSWORD, WRONG, TYPED, first, session, token];
  expect(secrets.every((secret) => secret.length > 15)).toBe(true);
  const [banner = ""] = /^Open .*$/m.exec(service.terminal()) ?? [];
  const said = [...answers, service.log(), service.terminal().replace(banner, "")];
  for (const secret of secrets) expect(said.filter((text) => text.includes(secret))).toEqual([]);

  // definitions are kept with their env, for the owner's eyes; of all else there is only what it hashes to
  for (const file of filesIn(service.dataDir)) {
    const text = readFileSync(file, "latin1");
    const own = [...(/meproc\.db/.test(file) ? [ENV] : []), ...(file.endsWith("/token") ? [first] : [])];
    expect([file, secrets.filter((secret) => text.includes(secret) && !own.includes(secret))]).toEqual([
      file,
      [],
    ]);
    if (own.length > 0) expect(statSync(file).mode & 0o077).toBe(0);
  }
}, 60_000);

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
