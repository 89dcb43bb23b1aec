/** SIGUSR2: the service leaves without stopping anything, and the next one takes over. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { fifosOf } from "../helpers/fifos.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isAlive } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { captured, inState, nextService, runsOf } from "./after-a-kill.ts";

setDefaultTimeout(60_000);

test("pids stay, no line is missing, and the next service stops what the first has started", async () => {
  const first = await startService();
  const count = "n=0; while :; do n=$((n+1)); echo $n; sleep 0.001; done";
  await legacyClient(first.url).post({ name: "count", cmd: count, type: "daemon", replica: 5 });
  await legacyClient(first.url).post({
    name: "flood",
    cmd: count.replace("sleep 0.001", ":"),
    type: "daemon",
  });
  const places: readonly (readonly [name: string, index: number])[] = [
    ...[0, 1, 2, 3, 4].map((index) => ["count", index] as const),
    ["flood", 0],
  ];
  const pidOf = async (service: typeof first, [name, index]: readonly [string, number]) =>
    (await inState(service, name, "running", index)).pid;
  const pids = await Promise.all(places.map((place) => pidOf(first, place)));
  await until(
    () => places.every(([name, index]) => captured(first, `${name}:${index}`).length > 100),
    "all count",
  );
  first.signal("SIGUSR2");
  expect(await first.exited).toBe(0);
  expect(first.log()).toContain("Meproc has left its processes to the next service");
  expect(pids.filter((pid) => !isAlive(pid ?? 0))).toEqual([]);
  const heard = places.map(([name, index]) => captured(first, `${name}:${index}`).length);
  const second = await nextService(first);
  expect(await Promise.all(places.map((place) => pidOf(second, place)))).toEqual(pids);
  await until(
    () =>
      places.every(([name, index], n) => captured(second, `${name}:${index}`).length > (heard[n] ?? 0) + 100),
    "all are heard on",
  );
  for (const name of ["count", "flood"]) {
    expect((await apiClient(second.url).post(`/tasks/${name}/stop`)).status).toBe(200);
    expect((await runsOf(second, name)).every(({ result }) => result === "stopped")).toBe(true);
  }
  expect(await second.stop()).toBe(0);
  expect(pids.filter((pid) => isAlive(pid ?? 0))).toEqual([]);
  for (const [name, index] of places) {
    const lines = captured(second, `${name}:${index}`);
    const gap = lines.findIndex((line, n) => line !== String(n + 1));
    expect([name, index, gap]).toEqual([name, index, -1]);
  }
  expect(fifosOf(second.dataDir)).toEqual([]);
});

test("what is waiting and what is to be scheduled goes on where it was", async () => {
  const first = await startService();
  const gate = makeGate(first.folder);
  await legacyClient(first.url).post({ name: "a", cmd: gate.wait, type: "once" });
  await legacyClient(first.url).post({ name: "b", cmd: "true", type: "once", deps: ["a"] });
  await legacyClient(first.url).post({ name: "c", cmd: "true", type: "cron", cron: "0 0 1 1 *" });
  await inState(first, "b", "waiting");
  first.signal("SIGUSR2");
  expect(await first.exited).toBe(0);
  const second = await nextService(first);
  await inState(second, "a", "running");
  await inState(second, "b", "waiting");
  await inState(second, "c", "scheduled");
  gate.pass(1);
  await inState(second, "b", "exited");
});
