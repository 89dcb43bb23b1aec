/** Fault 24: 10,000 starts, stops, restarts and removals at random from many clients, on real processes: never two, never none, never a stray. */
import { expect, test } from "bun:test";
import type { TaskView } from "../../src/http/task-view.ts";
import { procFile } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const CLIENTS = 8;
const CALLS = 1250;
/** A look at all processes of the machine takes as long as some calls. */
const LOOK_EVERY = 20;
const NAMES = ["a", "b", "c", "d"];

/** A small generator, so that a failure comes again: xorshift32. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The aliases of the processes that lead a run, from their environments. */
function aliasesOf(pids: readonly number[]): string[] {
  const leaders = pids.filter((pid) => procFile(pid, "stat").split(") ")[1]?.split(" ")[2] === String(pid));
  return leaders.flatMap((pid) => {
    const variables = new Map(
      procFile(pid, "environ")
        .split("\0")
        .map((each) => each.split("=") as [string, string]),
    );
    const task = variables.get("MEPROC_TASK");
    return task === undefined ? [] : [`${task}:${variables.get("MEPROC_INDEX")}`];
  });
}

test("10,000 random calls never give an instance two processes, and what is wanted then is there", async () => {
  const service = await startService();
  const statuses = new Set<number>();
  const doubled: string[] = [];
  const call = async (random: (below: number) => number): Promise<void> => {
    const name = NAMES[random(NAMES.length)] ?? "a";
    const definition = { name, cmd: "exec sleep 600", type: "daemon", interval: 1, replica: 1 + random(2) };
    const choices: [string, string, unknown?][] = [
      ["POST", "/api/v1/tasks", definition],
      ["POST", `/api/v1/tasks/${name}/start`],
      ["POST", `/api/v1/tasks/${name}/stop`],
      ["POST", `/api/v1/tasks/${name}/restart`],
      ["DELETE", `/api/v1/tasks/${name}`],
    ];
    const [method, path, body] = choices[random(choices.length)] ?? choices[0] ?? ["GET", "/healthz"];
    const answer = await fetch(service.url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await answer.arrayBuffer();
    statuses.add(answer.status);
  };
  const look = (): void => {
    const seen = aliasesOf(service.descendants());
    if (new Set(seen).size !== seen.length) doubled.push(seen.sort().join());
  };
  const client = async (seed: number): Promise<void> => {
    const random = makeRandom(seed);
    for (let i = 0; i < CALLS; i++) {
      await call(random);
      if (i % LOOK_EVERY === 0) look();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(7919 * (i + 1))));
  expect(doubled).toEqual([]);
  for (const status of statuses) expect([200, 201, 204, 404, 409]).toContain(status);
  await fetch(`${service.url}/api/v1/tasks/start?name=*`, { method: "POST" });
  const { items } = (await (await fetch(`${service.url}/api/v1/tasks`)).json()) as { items: TaskView[] };
  const wanted = items.flatMap(({ instances }) => instances.map(({ alias }) => alias));
  await until(
    () => aliasesOf(service.descendants()).sort().join() === wanted.sort().join(),
    "each instance has its process",
  );
  for (const name of NAMES) await fetch(`${service.url}/api/v1/tasks/${name}`, { method: "DELETE" });
  expect(service.descendants()).toEqual([]);
  expect(await service.stop()).toBe(0);
}, 180_000);
