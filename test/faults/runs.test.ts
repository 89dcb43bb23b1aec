/** The history of runs: asked for page by page, and kept no longer than it shall be. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "../../src/http/run-view.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { inState, nextService, runsOf } from "./after-a-kill.ts";

setDefaultTimeout(30_000);

interface Page {
  readonly items: readonly RunView[];
  readonly next_cursor: string | null;
}

const get = ({ url }: Service, path: string) => fetch(`${url}/api/v1/runs${path}`);
const page = async (service: Service, path: string) => (await (await get(service, path)).json()) as Page;

/** Two that succeed, three that fail, and one that runs. */
async function withHistory(): Promise<Service> {
  const service = await startService();
  const { post } = legacyClient(service.url);
  await post({ name: "good", cmd: "true", type: "once", replica: 2 });
  await post({ name: "bad", cmd: "exit $((MEPROC_INDEX + 1))", type: "once", replica: 3 });
  for (const [name, count] of [
    ["good", 2],
    ["bad", 3],
  ] as const)
    for (let index = 0; index < count; index++) await inState(service, name, "exited", index);
  await post({ name: "now", cmd: "sleep 600", type: "daemon" });
  await inState(service, "now", "running");
  return service;
}

test("runs are listed the newest first, by task, result and time", async () => {
  const service = await withHistory();
  const all = await page(service, "");
  expect(all.next_cursor).toBeNull();
  expect(all.items.map(({ task }) => task)).toEqual(["now", "bad", "bad", "bad", "good", "good"]);
  const ids = all.items.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort().reverse());
  expect((await page(service, "?task=good")).items.map(({ id }) => id)).toEqual(ids.slice(4));
  expect((await page(service, "?result=failed")).items.map(({ id }) => id)).toEqual(ids.slice(1, 4));
  expect((await page(service, "?task=good&result=failed")).items).toEqual([]);
  expect((await page(service, "?task=nobody")).items).toEqual([]);
  const since = all.items[0]?.started_at ?? "";
  expect((await page(service, `?since=${encodeURIComponent(since)}`)).items.map(({ id }) => id)).toContain(
    ids[0] ?? "",
  );
  expect((await page(service, "?since=2100-01-01T00:00:00Z")).items).toEqual([]);
});

test("a run says all that is known of it, and one that goes on has no end", async () => {
  const service = await withHistory();
  const [bad] = (await page(service, "?task=bad")).items.filter(({ index }) => index === 2);
  expect(bad).toMatchObject({
    task: "bad",
    alias: "bad:2",
    trigger: "api",
    scheduled_for: null,
    result: "failed",
    exit_code: 3,
    exit_signal: null,
    reason: "exit code 3",
  });
  expect(bad?.duration_ms).toBeGreaterThanOrEqual(0);
  expect(Date.parse(bad?.ended_at ?? "")).toBeGreaterThanOrEqual(Date.parse(bad?.started_at ?? ""));
  expect(await (await get(service, `/${bad?.id}`)).json()).toEqual(bad);
  const [now] = (await page(service, "?task=now")).items;
  expect(now).toMatchObject({ result: null, ended_at: null, duration_ms: null, exit_code: null });
  expect(now?.pid).toBe((await inState(service, "now", "running")).pid);
});

test("pages follow one another without a gap, also while new runs come", async () => {
  const service = await withHistory();
  const ids = (await page(service, "")).items.map(({ id }) => id);
  const seen: string[] = [];
  let cursor = "";
  for (let n = 0; n < ids.length; n++) {
    const { items, next_cursor } = await page(service, `?limit=2${cursor}`);
    expect(items.length).toBeLessThanOrEqual(2);
    seen.push(...items.map(({ id }) => id));
    if (next_cursor === null) break;
    cursor = `&cursor=${next_cursor}`;
    await legacyClient(service.url).post({ name: `new${n}`, cmd: "true", type: "once" });
    await inState(service, `new${n}`, "exited");
  }
  expect(seen).toEqual(ids);
});

test("a run that there is not is 404", async () => {
  const service = await startService();
  for (const id of ["01a20398-5f07-7566-adee-cc76a7cb3381", "x", "%00", "..%2f..", "'%20OR%201=1"]) {
    const answer = await get(service, `/${id}`);
    expect([id, answer.status]).toEqual([id, 404]);
  }
});

test.each([
  ["limit=0", "limit"],
  ["limit=1001", "limit"],
  ["limit=x", "limit"],
  ["limit=1.5", "limit"],
  ["limit=-1", "limit"],
  ["limit=", "limit"],
  ["result=fine", "result"],
  ["result=", "result"],
  ["since=yesterday", "since"],
  ["since=", "since"],
])("?%s is refused with the name of the parameter", async (query, name) => {
  const service = await startService();
  const answer = await get(service, `?${query}`);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(`/${name}`);
});

test("no more runs are kept than it is configured, and never is one forgotten that keeps a task from running again", async () => {
  const config = "[history]\nmax_runs_per_task = 3\n";
  const first = await startService();
  const { post, put } = legacyClient(first.url);
  await post({ name: "often", cmd: "true", type: "once" });
  for (let n = 1; n <= 6; n++) {
    await until(async () => {
      const runs = await runsOf(first, "often");
      return runs.length === n && runs.every(({ result }) => result !== null);
    }, `it has run ${n} times`);
    if (n < 6) await put("often");
  }
  await post({ name: "wide", cmd: "true", type: "once", replica: 5 });
  for (let index = 0; index < 5; index++) await inState(first, "wide", "exited", index);
  const newest = (await runsOf(first, "often")).slice(0, 3);
  expect(await first.stop()).toBe(0);
  const second = await nextService(first, { config });
  await until(async () => (await runsOf(second, "often")).length === 3, "the old ones are gone");
  expect(await runsOf(second, "often")).toEqual(newest);
  expect(await runsOf(second, "wide")).toHaveLength(5);
  expect(await second.stop()).toBe(0);
  const third = await nextService(second, { config });
  for (let index = 0; index < 5; index++) await inState(third, "wide", "exited", index);
  expect(await runsOf(third, "wide")).toHaveLength(5);
});
