/** Fault 22: 1,000 tasks in a crash loop. The service answers, runs the others, and ends all of it when it is told to. */
import { expect, test } from "bun:test";
import type { TaskView } from "../../src/http/task-view.ts";
import { apiClient } from "../helpers/api-client.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const TASKS = 1000;
const PATIENCE_MS = 120_000;
const RESTARTS = 2;
/** Generous: the machine has other things to do than these processes. */
const LONGEST_ANSWER_MS = 5000;

test("1,000 tasks in a crash loop: each is told with its reason, what is well goes on, and nothing is left", async () => {
  const service = await startService();
  const { post, instance } = apiClient(service.url);
  const api = `${service.url}/api/v1`;
  await post("/tasks?wait=running", { name: "well", type: "daemon", cmd: "exec sleep 600" });
  const { pid } = await instance("well");
  const loops = Array.from({ length: TASKS }, (_, i) => ({ name: `t${i}`, type: "daemon", cmd: ["false"] }));
  const set = (tasks: readonly object[]) => post("/apply", { set: "loops", tasks });
  expect((await set(loops)).status).toBe(200);

  let longest = 0;
  const looping = async (): Promise<TaskView[]> => {
    const asked = performance.now();
    const { items } = (await (await fetch(`${api}/tasks?name=t*`)).json()) as { items: TaskView[] };
    longest = Math.max(longest, performance.now() - asked);
    return items.filter(({ instances: [first] }) => (first?.restarts ?? 0) >= RESTARTS);
  };
  // a list of all is long: asked for again and again, it would be what holds the service up
  const last = `t${TASKS - 1}`;
  await until(
    async () => (await instance(last)).restarts >= RESTARTS,
    "the last was started again",
    PATIENCE_MS,
  );
  await until(async () => (await looping()).length === TASKS, "each was started again", PATIENCE_MS);
  expect(longest).toBeLessThan(LONGEST_ANSWER_MS);
  const calm = await until(
    async () => (await looping()).find(({ state }) => state === "backoff"),
    "one of them rests",
  );
  expect(calm.why).toMatch(/^It ended \(exit code 1\) and is started again at /);
  expect(calm.instances[0]?.retry_at).not.toBeNull();
  expect((await instance("well")).pid).toBe(pid);

  expect((await set([])).status).toBe(200);
  expect((await (await fetch(`${api}/tasks`)).json()) as object).toMatchObject({ items: [{ name: "well" }] });
  expect(service.descendants()).toEqual([pid ?? 0]);
  expect(await service.stop()).toBe(0);
}, 280_000);
