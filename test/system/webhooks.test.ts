/** Promise 3 of webhooks: whatever the receiver does, everything arrives, in order, and nothing twice that it answered. */
import { describe, expect, test } from "bun:test";
import { type Got, type HookServer, serveHooks, signatureOf } from "../notify/hook-server.ts";
import { type Service, startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

const TASKS = 4;
const TIMES = 10;

/** Each task tells of TIMES stops and starts: facts, which are told one by one. */
const configOf = ({ url }: HookServer, more = "") => `
[[webhooks]]
name = "hook"
url = "${url}"
secret = "very secret"
events = ["task.changed"]
timeout_ms = 100
retry = { attempts = 1000, first_ms = 5, max_ms = 20 }
${more}`;

async function call(service: Service, path: string, method = "GET", body?: unknown): Promise<Response> {
  return await fetch(`${service.url}/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Makes every task tell TIMES facts: its revision counts them. */
async function happen(service: Service, from = 1): Promise<void> {
  for (let i = 0; i < TASKS && from === 1; i++)
    await call(service, "/tasks", "POST", { name: `t${i}`, cmd: "true", type: "once", autostart: false });
  for (let n = from; n < from + TIMES; n++)
    await Promise.all(
      Array.from({ length: TASKS }, (_, i) =>
        call(service, `/tasks/t${i}`, "PATCH", { description: `${n}` }),
      ),
    );
}

async function hookOf(service: Service) {
  const { items } = (await (await call(service, "/webhooks")).json()) as { items: Record<string, unknown>[] };
  return items[0];
}

const drained = (service: Service) =>
  until(async () => (await hookOf(service))?.["queued"] === 0, "the queue is empty");

/** The revisions that were taken, by task, in the order of their coming. */
function orderOf(got: readonly Got[]): Record<string, number[]> {
  const order: Record<string, number[]> = {};
  for (const { task, body, taken } of got) {
    if (!taken) continue;
    const { fact } = JSON.parse(body) as { fact: { revision: number } };
    const revisions = order[task ?? ""] ?? [];
    revisions.push(fact.revision);
    order[task ?? ""] = revisions;
  }
  return order;
}

const everything = (times: number) =>
  Object.fromEntries(
    Array.from({ length: TASKS }, (_, i) => [`t${i}`, Array.from({ length: times }, (__, n) => n + 2)]),
  );

describe("everything arrives in order, and once", () => {
  test.each([
    ["is well", () => 200],
    ["answers 500 for a while", (n: number) => (n < 60 ? 500 : 200)],
    ["drops half", (n: number) => (n % 2 === 0 ? "drop" : 200)],
    ["is gone, and comes back", (n: number) => (n < 20 ? 503 : 200)],
  ] as const)("at a receiver that %s", async (_, mood) => {
    const hooks = serveHooks(mood);
    const service = await startService({ config: configOf(hooks) });
    await happen(service);
    await drained(service);
    expect(orderOf(hooks.got)).toEqual(everything(TIMES));
    for (const got of hooks.got)
      expect(got.headers.get("webhook-signature")).toBe(signatureOf(got, "very secret"));
  });

  test("at a receiver that is down at first", async () => {
    const absent = serveHooks(() => 200);
    const port = Number(new URL(absent.url).port);
    const away = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const free = away.port ?? port;
    await away.stop(true);
    const service = await startService({
      config: configOf({ ...absent, url: `http://127.0.0.1:${free}/` }),
    });
    await happen(service);
    await until(async () => {
      const last = (await hookOf(service))?.["last"] as { reason: string } | null;
      return last?.reason === "nobody listens there";
    }, "it is said what is wrong");
    const hooks = serveHooks(() => 200, free);
    await drained(service);
    expect(orderOf(hooks.got)).toEqual(everything(TIMES));
  });

  test("over kills of the service", async () => {
    const hooks = serveHooks(() => 500);
    const folder = temporaryFolder();
    const first = await startService({ folder, config: configOf(hooks) });
    await happen(first);
    await until(() => hooks.got.length > 4, "it was tried");
    first.signal("SIGKILL");
    await first.exited;
    const second = await startService({ folder, config: configOf(hooks) });
    await happen(second, TIMES + 1);
    expect((await hookOf(second))?.["queued"]).toBe(2 * TIMES * TASKS);
    hooks.mood = () => 200;
    await until(() => hooks.got.filter(({ taken }) => taken).length > TASKS, "some have arrived");
    second.signal("SIGKILL");
    await second.exited;
    const third = await startService({ folder, config: configOf(hooks) });
    await drained(third);
    const order = orderOf(hooks.got);
    // what was answered just when the service was killed may come again, under the same id
    const ids = new Map(hooks.got.filter(({ taken }) => taken).map((got) => [got.id, got]));
    expect(orderOf([...ids.values()])).toEqual(everything(2 * TIMES));
    const doubled = Object.values(order).flat().length - ids.size;
    expect(doubled).toBeLessThanOrEqual(TASKS);
  });
});

test("a crash loop is told of once, and the receiver's address is no secret's grave", async () => {
  const hooks = serveHooks(() => 200);
  const config = configOf(hooks).replace('"task.changed"', '"failed", "still_failing", "gave_up"');
  const service = await startService({ config });
  await call(service, "/tasks", "POST", { name: "loop", cmd: "exit 3", type: "daemon", interval: 1 });
  const runs = async () => {
    const { items } = (await (await call(service, "/runs?task=loop&limit=100")).json()) as {
      items: unknown[];
    };
    return items.length;
  };
  await until(async () => (await runs()) >= 50, "it has crashed fifty times");
  await drained(service);
  expect(hooks.got.map(({ event, text }) => [event, text])).toEqual([
    ["failed", "loop:0 failed: exit code 3"],
  ]);
  const said = JSON.stringify(await hookOf(service)) + service.log() + service.terminal();
  expect(said).toContain(new URL(hooks.url).origin);
  for (const secret of ["secret/path", "very secret"]) expect(said).not.toContain(secret);
});

test("a test is sent at once, and a dead letter again when somebody asks", async () => {
  const hooks = serveHooks(() => 500);
  const config = configOf(hooks).replace("attempts = 1000", "attempts = 2");
  const service = await startService({ config });
  const tried = (await (await call(service, "/webhooks/hook/test", "POST")).json()) as object;
  expect(tried).toMatchObject({ ok: false, status: 500, reason: "it answers 500" });
  await call(service, "/tasks", "POST", { name: "t0", cmd: "true", type: "once", autostart: false });
  await call(service, "/tasks/t0", "PATCH", { description: "new" });
  const letters = async () => {
    const { items } = (await (await call(service, "/webhooks/hook/dead-letters")).json()) as {
      items: { id: string; attempts: number; reason: string }[];
    };
    return items;
  };
  const letter = await until(async () => (await letters())[0], "it is put aside");
  expect(letter).toMatchObject({ attempts: 2, reason: "it answers 500" });
  hooks.mood = () => 200;
  expect((await call(service, `/webhooks/hook/dead-letters/${letter.id}/retry`, "POST")).status).toBe(200);
  await drained(service);
  expect(hooks.got.at(-1)).toMatchObject({ id: letter.id, taken: true });
  expect(await letters()).toEqual([]);
  expect((await call(service, "/webhooks/nobody/test", "POST")).status).toBe(404);
});
