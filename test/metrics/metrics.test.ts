/** The metrics, by a registry of their own, and what Debian's Prometheus says of them where it is installed. */
import { beforeEach, describe, expect, test } from "bun:test";
import type { Fact } from "../../src/domain/fact.ts";
import { type Metrics, createMetrics } from "../../src/metrics/metrics.ts";
import type { CountedTask, Surroundings } from "../../src/metrics/surroundings.ts";
import { FakeClock } from "../fakes/clock.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { finished, started } from "../notify/facts.ts";

let tasks: CountedTask[] = [];
let ends: Record<string, string> = {};

const task = (name: string, state: CountedTask["state"] = "running"): CountedTask => ({
  name,
  type: "daemon",
  state,
  instances: [{ alias: `${name}:0`, state, health: "healthy" }],
});

async function make(options: Parameters<typeof createMetrics>[0] = {}): Promise<Metrics> {
  const around: Surroundings = {
    version: "2.0.0",
    clock: new FakeClock(),
    tasks: () => tasks,
    usage: () => [{ processes: 2, threads: 3, rss_bytes: 4096, cpu_ms: 1500, open_files: 4 }],
    outputEnd: async (alias) => ends[alias] ?? "2026-11-22:0",
    receivers: () => [],
    notReady: () => null,
    storeTrouble: () => null,
  };
  const metrics = await createMetrics(options, around);
  whenDone(() => metrics.close());
  return metrics;
}

/** The samples that a pattern takes, with their values. */
async function samples(metrics: Metrics, name: string, open = false): Promise<string[]> {
  const { text } = await metrics.scrape(open);
  return text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

beforeEach(() => {
  tasks = [];
  ends = {};
});

describe("metrics", () => {
  test("count starts, restarts and exits by result, from the first fact on", async () => {
    const metrics = await make();
    tasks = [task("web")];
    for (const fact of [
      started("web"),
      finished("web", "failed"),
      started("web"),
      finished("web", "succeeded"),
    ])
      metrics.take(fact);
    expect(await samples(metrics, "meproc_starts_total")).toEqual(['meproc_starts_total{task="web"} 2']);
    expect(await samples(metrics, "meproc_restarts_total")).toEqual(['meproc_restarts_total{task="web"} 2']);
    expect(await samples(metrics, "meproc_exits_total")).toEqual([
      'meproc_exits_total{task="web",result="failed"} 1',
      'meproc_exits_total{task="web",result="succeeded"} 1',
    ]);
    expect(await samples(metrics, "meproc_run_duration_seconds_count")).toEqual([
      'meproc_run_duration_seconds_count{task="web"} 2',
    ]);
  });

  test("say how late a schedule was", async () => {
    const metrics = await make();
    const time = "2026-11-22T12:00:02.000Z";
    metrics.take({ ...started("web"), time, scheduled_for: "2026-11-22T12:00:00.000Z" } as Fact);
    expect(await samples(metrics, "meproc_schedule_lateness_seconds_sum")).toEqual([
      "meproc_schedule_lateness_seconds_sum 2",
    ]);
  });

  test("say how it stands now, with nothing left of what was", async () => {
    const metrics = await make();
    tasks = [task("web"), task("db", "failed")];
    await metrics.scrape(false);
    tasks = [task("web")];
    expect(await samples(metrics, "meproc_tasks")).toEqual(['meproc_tasks{type="daemon",state="running"} 1']);
    expect(await samples(metrics, "meproc_task_instances_running")).toEqual([
      'meproc_task_instances_running{task="web"} 1',
    ]);
  });

  test("count what was written, over midnight too", async () => {
    const metrics = await make();
    tasks = [task("web")];
    const written = async (end: string) => {
      ends["web:0"] = end;
      return (await samples(metrics, "meproc_output_bytes_total"))[0]?.split(" ")[1];
    };
    expect(await written("2026-11-22:100")).toBe("100");
    expect(await written("2026-11-22:150")).toBe("150");
    expect(await written("2026-11-23:20")).toBe("170");
    tasks = [task("web", "stopped")];
    expect(await written("2026-11-23:30")).toBe("170");
    metrics.take(finished("web", "stopped"));
    expect(await written("2026-11-23:30")).toBe("180");
  });

  test("look at processes only where they are asked to", async () => {
    tasks = [task("web")];
    expect(await samples(await make(), "meproc_task_memory_bytes")).toEqual([]);
    expect(await samples(await make({ usage: true }), "meproc_task_memory_bytes")).toEqual([
      'meproc_task_memory_bytes{task="web"} 4096',
    ]);
  });

  test("have a bounded number of labels, and forget tasks that are removed", async () => {
    const metrics = await make({ max_tasks: 2 });
    for (const name of ["a", "b", "c", "d"]) metrics.take(started(name));
    const starts = () => samples(metrics, "meproc_starts_total");
    expect(await starts()).toEqual([
      'meproc_starts_total{task="a"} 1',
      'meproc_starts_total{task="b"} 1',
      'meproc_starts_total{task="other"} 2',
    ]);
    metrics.take({ id: 1, time: "", kind: "task.removed", task: "a" });
    metrics.take(started("e"));
    expect((await starts()).toSorted()).toEqual([
      'meproc_starts_total{task="b"} 1',
      'meproc_starts_total{task="e"} 1',
      'meproc_starts_total{task="other"} 2',
    ]);
  });

  test("are the same in OpenMetrics, also when both are asked for at once", async () => {
    const metrics = await make();
    tasks = [task("web")];
    metrics.take(started("web"));
    const [plain, open, again] = await Promise.all([
      metrics.scrape(false),
      metrics.scrape(true),
      metrics.scrape(false),
    ]);
    expect(plain.type).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(open.type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    for (const { text } of [plain, again]) {
      expect(text).toContain("# TYPE meproc_starts_total counter\n");
      expect(text).toContain('meproc_starts_total{task="web"} 1\n');
    }
    expect(open.text).toContain("# TYPE meproc_starts counter\n");
    expect(open.text).toContain('meproc_starts_total{task="web"} 1\n');
    expect(open.text).toEndWith("\n# EOF\n");
  });

  test("count answers by the pattern of their path", async () => {
    const metrics = await make();
    metrics.answered("GET", "/api/v1/tasks/:name", 200, 0.002);
    metrics.answered("BREW", "other", 405, 0.002);
    expect(await samples(metrics, "meproc_http_request_duration_seconds_count")).toEqual([
      'meproc_http_request_duration_seconds_count{method="GET",route="/api/v1/tasks/:name",status="200"} 1',
      'meproc_http_request_duration_seconds_count{method="other",route="other",status="405"} 1',
    ]);
  });
});
