/** As PID 1 of a container: strangers are reaped, and no exit code of ours is taken away by it. */
import { readFileSync, readdirSync } from "node:fs";
import { expect, setDefaultTimeout, test } from "bun:test";
import { whenDone } from "../helpers/cleanup.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isAlive, isRoot } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { runsOf } from "./after-a-kill.ts";

setDefaultTimeout(120_000);
const COUNT = 1000;
const CODES = 256;

interface Contained {
  readonly service: Service;
  /** Its pid outside. */
  readonly pid: number;
}

async function startAsPid1(): Promise<Contained> {
  const service = await startService({ prefix: ["unshare", "-fp", "--mount-proc", "--kill-child=KILL"] });
  const pid = Number(readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, "utf8").trim());
  whenDone(async () => {
    if (!isAlive(service.pid)) return;
    process.kill(pid, "SIGKILL");
    await service.exited;
  });
  return { service, pid };
}

/** The processes of its namespace, with their states. */
function processes(pid: number): { pid: string; state: string; parent: string }[] {
  const root = `/proc/${pid}/root/proc`;
  return readdirSync(root)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`${root}/${name}/stat`, "utf8");
        const [state = "", parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return [{ pid: name, state, parent }];
      } catch {
        // it ended between the list and the look
        return [];
      }
    });
}

test.skipIf(!isRoot)(
  "1,000 short children and their orphans leave no zombie, and each exit code is kept",
  async () => {
    const { service, pid } = await startAsPid1();
    // an orphan that ends before its parent, one that ends after it, one in a session of its own
    const orphans = "(true &); (sleep 0.05 &); setsid -f true";
    const cmd = `${orphans}; exit $((MEPROC_INDEX % ${CODES}))`;
    await legacyClient(service.url).post({ name: "short", cmd, type: "once", replica: COUNT });
    const runs = await until(
      async () => {
        const ended = (await runsOf(service, "short")).filter(({ result }) => result !== null);
        return ended.length === COUNT && ended;
      },
      "all have ended",
      60_000,
    );
    const wrong = runs.filter(({ index, exit_code }) => exit_code !== index % CODES);
    expect(wrong).toEqual([]);
    await until(() => processes(pid).length === 1, "nothing but the service is there, no zombie either");
    process.kill(pid, "SIGTERM");
    expect(await service.exited).toBe(0);
  },
);

test.skipIf(!isRoot)("there is nobody to hand over to: that is said, and it serves on", async () => {
  const { service, pid } = await startAsPid1();
  const said = () => service.log().match(/as PID 1 there is nobody to hand over to/g)?.length ?? 0;
  process.kill(pid, "SIGUSR2");
  await until(() => said() === 1, "it is said");
  process.kill(pid, "SIGUSR2");
  await until(() => said() === 2, "it is said again");
  await legacyClient(service.url).list();
  process.kill(pid, "SIGTERM");
  expect(await service.exited).toBe(0);
});
