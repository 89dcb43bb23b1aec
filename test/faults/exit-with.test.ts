/** `exit_with`: the service ends with its main task, as a container does. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { legacyClient } from "../helpers/legacy-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { startService } from "../helpers/service.ts";
import { apiClient } from "../helpers/api-client.ts";
import { afterCrash, inState, nextService, runsOf } from "./after-a-kill.ts";

setDefaultTimeout(30_000);

const task = (name: string, cmd: string, more = "") =>
  `[[tasks]]\nname = "${name}"\ncmd = '''${cmd}'''\ntype = "once"\n${more}\n`;

test.each([
  ["exit 0", 0],
  ["exit 7", 7],
  ["exit 255", 255],
  ["kill -KILL $$", 137],
  ["kill -TERM $$", 143],
  ["/no/such/command", 127],
])("when %p ends the main task, the service ends with %i and nothing is left", async (end, code) => {
  const folder = temporaryFolder();
  const gate = makeGate(folder);
  const others =
    task("other", "setsid sleep 600 & sleep 600") + task("after", "sleep 600", 'deps = ["main"]');
  const config = `exit_with = "main"\n${task("main", `${gate.wait}; ${end}`)}${others}`;
  const service = await startService({ folder, config });
  await inState(service, "other", "running");
  await inState(service, "main", "running");
  gate.pass(1);
  expect(await service.exited).toBe(code);
  expect(service.descendants()).toEqual([]);
  expect(service.log()).toContain(`Task main has ended: stopping with its code ${code}`);
});

test("all replicas of it have to end, and the first code that is not 0 counts", async () => {
  const folder = temporaryFolder();
  const gates = [makeGate(folder, "g0"), makeGate(folder, "g1")];
  const cmd = `read -r _ < ${folder}/g$MEPROC_INDEX; exit $((MEPROC_INDEX * 9))`;
  const service = await startService({
    folder,
    config: `exit_with = "main"\n${task("main", cmd, "replica = 2")}`,
  });
  gates[1]?.pass(1);
  await inState(service, "main", "exited", 1);
  await inState(service, "main", "running", 0);
  gates[0]?.pass(1);
  expect(await service.exited).toBe(9);
});

test("a person's stop and restart of it do not end the service", async () => {
  const service = await startService({ config: `exit_with = "main"\n${task("main", "sleep 600")}` });
  await inState(service, "main", "running");
  expect((await apiClient(service.url).post("/tasks/main/stop")).status).toBe(200);
  await inState(service, "main", "stopped");
  expect((await legacyClient(service.url).put("main")).status).toBe(200);
  await inState(service, "main", "running");
  expect(await service.stop()).toBe(0);
});

test("a main task that cannot be started ends the service with 1", async () => {
  const config = `exit_with = "main"\n[[tasks]]\nname = "main"\ncmd = "/no/such/script.ts"\ntype = "coroutine"\n`;
  const service = await startService({ config });
  expect(await service.exited).toBe(1);
});

test("it runs again at each start of the service", async () => {
  const folder = temporaryFolder();
  const gate = makeGate(folder);
  const config = `exit_with = "main"\n${task("main", `${gate.wait}; exit 3`)}`;
  const first = await startService({ folder, config });
  gate.pass(1);
  expect(await first.exited).toBe(3);
  const second = await nextService(first, { config });
  await inState(second, "main", "running");
  gate.pass(1);
  expect(await second.exited).toBe(3);
});

test("after a kill of the service its end is still the end of the next, with 1: its code is not known", async () => {
  const folder = temporaryFolder();
  const gate = makeGate(folder);
  const config = `exit_with = "main"\n${task("main", `${gate.wait}; exit 3`)}`;
  const first = await startService({ folder, config });
  const { pid } = await inState(first, "main", "running");
  const second = await afterCrash(first, { config });
  expect((await inState(second, "main", "running")).pid).toBe(pid);
  expect(await runsOf(second, "main")).toHaveLength(1);
  gate.pass(1);
  expect(await second.exited).toBe(1);
});
