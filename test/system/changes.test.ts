/** Definitions change under real processes: what concerns them restarts them, and nothing else does. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(url: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const sleeper = (more: object = {}) => ({ cmd: "exec sleep 600", type: "daemon", ...more });

test("a task is put, scaled and patched: the same again and what concerns no process leaves every pid as it was", async () => {
  const { url } = await startService();
  const { task } = apiClient(url);
  const pids = async () => (await task("web")).instances.map(({ pid }) => pid);
  expect((await ask(url, "PUT", "/tasks/web", sleeper({ replica: 2, env: { KEY: "s3cret" } }))).status).toBe(
    201,
  );
  const first = await pids();
  const same = await ask(url, "PUT", "/tasks/web", sleeper({ replica: 2, env: { KEY: "***" } }));
  expect([same.status, same.body["revision"]]).toEqual([200, 1]);
  expect(JSON.stringify(same.body)).not.toContain("s3cret");
  await ask(url, "PATCH", "/tasks/web", { replica: 3, interval: 5, description: "x" });
  expect((await pids()).slice(0, 2)).toEqual(first);
  expect(await pids()).toHaveLength(3);
  const down = await ask(url, "PATCH", "/tasks/web", { replica: 1 });
  expect([down.status, down.body["revision"], await pids()]).toEqual([200, 3, first.slice(0, 1)]);
  await ask(url, "PATCH", "/tasks/web", { cmd: "exec sleep 601" });
  expect(await pids()).not.toEqual(first.slice(0, 1));
});

test("a set is applied twice: the second time every pid is as it was, also for the service after a hard kill", async () => {
  const service = await startService();
  const set = { set: "shop", tasks: ["a", "b", "c"].map((name) => ({ name, ...sleeper() })) };
  expect((await ask(service.url, "POST", "/apply", set)).body).toMatchObject({ added: ["a", "b", "c"] });
  const pidsOf = async (url: string) => {
    const { body } = await ask(url, "GET", "/tasks");
    const items = body["items"] as { name: string; instances: { pid: number | null }[] }[];
    return Object.fromEntries(items.map(({ name, instances }) => [name, instances[0]?.pid ?? null]));
  };
  const before = await pidsOf(service.url);
  expect(Object.values(before)).not.toContain(null);
  service.signal("SIGKILL");
  await service.exited;
  const next = await startService({ folder: service.folder });
  expect((await ask(next.url, "POST", "/apply", set)).body).toMatchObject({ unchanged: ["a", "b", "c"] });
  expect(await pidsOf(next.url)).toEqual(before);
  const less = { ...set, tasks: set.tasks.slice(1) };
  expect((await ask(next.url, "POST", "/apply", less)).body).toMatchObject({
    removed: ["a"],
    unchanged: ["b", "c"],
  });
  await until(async () => Object.keys(await pidsOf(next.url)).join() === "b,c", "a is gone");
});
