/** Faults 18 and 19: what the database says of a process is not true any more. */
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive, killMarked, procFile } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { crash, inState, nextService, runsOf, withDatabase } from "./after-a-kill.ts";

setDefaultTimeout(30_000);

interface Stranger {
  readonly pid: number;
  /** When it started, as /proc says. */
  readonly started: string;
  /** The signals that it has had. */
  readonly heard: () => string[];
}

/** A process that is nobody's task, leads a group of its own, and writes down every signal that reaches it. */
async function startStranger(folder: string): Promise<Stranger> {
  const file = join(folder, "heard");
  const traps = ["TERM", "INT", "HUP", "QUIT", "CONT", "USR1"].map(
    (name) => `trap 'echo ${name} >> ${file}' ${name}`,
  );
  const script = `${traps.join("; ")}; echo ready >> ${file}; while :; do sleep 0.01; done`;
  const child = Bun.spawn(["sh", "-c", script], { detached: true, stdio: ["ignore", "ignore", "ignore"] });
  whenDone(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  await until(() => linesOf(file).length === 1, "the stranger is ready");
  const stat = procFile(child.pid, "stat");
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  return { pid: child.pid, started, heard: () => linesOf(file).slice(1) };
}

/** A service with a daemon and a once task was killed, and so were they; their records now say this. */
async function withRecords(
  set: (stranger: Stranger) => string,
): Promise<{ next: Service; stranger: Stranger }> {
  const first = await startService();
  const { post } = legacyClient(first.url);
  await post({ name: "d", cmd: "sleep 600", type: "daemon", interval: 1 });
  await post({ name: "o", cmd: "sleep 600", type: "once" });
  for (const name of ["d", "o"]) await inState(first, name, "running");
  await crash(first);
  killMarked(first.folder);
  await until(() => first.descendants().length === 0, "its processes are gone");
  const stranger = await startStranger(first.folder);
  withDatabase(first, (database) => {
    database.run(`UPDATE runs SET ${set(stranger)}`);
  });
  return { next: await nextService(first), stranger };
}

test.each([
  ["a pid that was given to another process", ({ pid }: Stranger) => `pid = ${pid}`],
  [
    "a process of another boot, with the same pid and start time",
    ({ pid, started }: Stranger) => `pid = ${pid}, process_started = '${started}', boot = 'another boot'`,
  ],
  [
    "a process of a boot that is not known",
    ({ pid, started }: Stranger) => `pid = ${pid}, process_started = '${started}', boot = NULL`,
  ],
])("%s is never touched, and the run is lost", async (_what, set) => {
  const { next, stranger } = await withRecords(set);
  const again = await inState(next, "d", "running");
  expect(again.pid).not.toBe(stranger.pid);
  expect((await runsOf(next, "d")).map(({ result }) => result)).toEqual([null, "lost"]);
  await inState(next, "o", "exited");
  const [lost, ...others] = await runsOf(next, "o");
  expect({ result: lost?.result, code: lost?.exit_code, others }).toEqual({
    result: "lost",
    code: null,
    others: [],
  });
  expect((await legacyClient(next.url).put("o")).status).toBe(200);
  for (const name of ["d", "o"]) {
    await inState(next, name, "running");
    expect((await apiClient(next.url).post(`/tasks/${name}/stop`)).status).toBe(200);
  }
  expect(await next.stop()).toBe(0);
  expect(isAlive(stranger.pid)).toBe(true);
  expect(stranger.heard()).toEqual([]);
});
