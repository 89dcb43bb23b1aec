/** The example sequence exactly as it is written: curl, port 8606, five seconds of sleep, a cron task at :00. */
import { expect, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { linesWith } from "../helpers/log-lines.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const SEQUENCE = `
curl -v -XPOST http://127.1:8606/proc -d '{"name": "sleep1", "cmd": "sleep 5", "type": "once", "replica": 2}'
curl -v -XPOST http://127.1:8606/proc -d '{"name": "sleep2", "cmd": "sleep 5", "type": "once", "replica": 2, "deps": ["sleep1"]}'
curl -v -XPOST http://127.1:8606/proc -d '{"name": "sleep3", "cmd": "sleep 5", "type": "once", "replica": 2, "deps": ["sleep1", "sleep2"]}'
curl -v http://127.1:8606/proc
curl -v -XDELETE http://127.1:8606/proc?name=sleep1
curl -v -XPOST http://127.1:8606/proc -d '{"name": "sleep1", "cmd": "sleep 5", "type": "once", "replica": 2}'
curl -v -XPUT http://127.1:8606/proc?name=sleep1
curl -v -XPOST http://127.1:8606/proc -d '{"name": "sleep4", "cmd": "sleep 5", "type": "cron", "cron": "* * * * *", "replica": 2}'
`;

const TASK_LINES = [
  "Task sleep1 started",
  "Task sleep1 stopped",
  "Task sleep2 started",
  "Task sleep1 started",
  "Task sleep1 stopped",
  "Task sleep1 started",
  "Task sleep2 stopped",
  "Task sleep1 stopped",
  "Task sleep3 started",
  "Task sleep3 stopped",
];

/** Up to a minute, and it needs the well-known port: MEPROC_SLOW=1. */
const skip = process.env["MEPROC_SLOW"] !== "1" || !isFree(8606) || Bun.which("curl") === null;

test.skipIf(skip)(
  "the README's sequence to the letter",
  async () => {
    const service = await startService({ port: 8606 });
    for (const line of SEQUENCE.trim().split("\n")) {
      const { stdout, stderr } = Bun.spawnSync(["sh", "-c", line]);
      expect(JSON.parse(stdout.toString())).toMatchObject({ msg: "OK", code: 200 });
      expect(stderr.toString()).toContain("< HTTP/1.1 200 OK");
    }
    const { instance, task } = apiClient(service.url);
    const due = Date.parse((await task("sleep4")).next_run_at ?? "");
    expect(due % 60_000).toBe(0);
    const started = await until(
      async () => (await instance("sleep4")).started_at,
      "sleep4 has been started by its schedule",
      65_000,
    );
    expect(Date.parse(started) - due).toBeWithin(0, 1000);
    await until(() => service.log().includes("Task sleep3 stopped"), "sleep3 has finished", 20_000);
    const story = linesWith(service.log(), /^Task sleep[123] (started|stopped)/);
    // sleep2 and the second sleep1 end within the same moment, five seconds after they have started.
    const order = story.map((line, i) => (i === 6 || i === 7 ? "sleep1 or sleep2 stopped" : line));
    const expected = TASK_LINES.map((line, i) => (i === 6 || i === 7 ? "sleep1 or sleep2 stopped" : line));
    expect(order).toEqual(expected);
    expect(story.slice(6, 8).sort()).toEqual(["Task sleep1 stopped", "Task sleep2 stopped"]);
    const startOf4 = service
      .log()
      .split("\n")
      .find((line) => line.includes("Cron Process (sleep4:0) start"));
    expect(startOf4).toMatch(/ \d\d:\d\d:00 UTC /);
    expect(await service.stop()).toBe(0);
  },
  120_000,
);

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
}
