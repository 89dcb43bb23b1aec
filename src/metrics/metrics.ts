/**
 * The metrics, by prom-client. It is loaded, and anything counted, only where the configuration asks for it: from the
 * service's start on, by the facts; what is a matter of now is looked at when somebody scrapes. Labels are bounded.
 */
import type { MetricsDefinition, MetricsDesk } from "../domain/extensions.ts";
import type { Fact } from "../domain/fact.ts";
import type { StateKind } from "../domain/instance.ts";
import { RESULTS } from "../domain/run.ts";
import { EventLoop } from "./event-loop.ts";
import { Names } from "./names.ts";
import { openMetricsOf } from "./open-metrics.ts";
import { OutputCount } from "./output-count.ts";
import type { Surroundings } from "./surroundings.ts";

const DEFAULT_MAX_TASKS = 500;
const RUN_SECONDS = [0.1, 1, 10, 60, 300, 1800, 3600, 21_600, 86_400];
const LATE_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3600];
const ANSWER_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30];
const WRITING: ReadonlySet<StateKind> = new Set<StateKind>(["starting", "running", "stopping"]);
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export interface Metrics extends MetricsDesk {
  /** To be called with each fact. */
  take(fact: Fact): void;
  close(): void;
}

export async function createMetrics(
  { usage = false, max_tasks = DEFAULT_MAX_TASKS }: MetricsDefinition,
  around: Surroundings,
): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  const names = new Names(max_tasks);
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  const starts = counter("meproc_starts_total", "Processes that were started", ["task"]);
  const restarts = counter("meproc_restarts_total", "Starts that the restart policy made", ["task"]);
  const exits = counter("meproc_exits_total", "Runs that have ended, by result", ["task", "result"]);
  const lost = counter("meproc_output_lost_bytes_total", "Output that could not be kept", ["task"]);
  const output = counter(
    "meproc_output_bytes_total",
    "Output that was captured, since midnight at the first look",
    ["task"],
  );
  const durations = histogram("meproc_run_duration_seconds", "How long runs took", RUN_SECONDS, ["task"]);
  const lateness = histogram(
    "meproc_schedule_lateness_seconds",
    "How long after its time a scheduled run started",
    LATE_SECONDS,
  );
  const answers = histogram("meproc_http_request_duration_seconds", "How long answers took", ANSWER_SECONDS, [
    "method",
    "route",
    "status",
  ]);

  const tasks = gauge("meproc_tasks", "Tasks, by type and state", ["type", "state"]);
  const instances = gauge("meproc_instances", "Instances, by state", ["state"]);
  const running = gauge("meproc_task_instances_running", "Instances of a task that run", ["task"]);
  const replicas = gauge("meproc_task_instances", "Instances of a task", ["task"]);
  const unhealthy = gauge("meproc_task_instances_unhealthy", "Instances of a task whose check fails", [
    "task",
  ]);
  const memory = usage
    ? gauge("meproc_task_memory_bytes", "Resident memory of a task's processes", ["task"])
    : null;
  const cpu = usage
    ? gauge("meproc_task_cpu_seconds", "CPU time so far of those processes of a task that live", ["task"])
    : null;
  const processes = usage
    ? gauge("meproc_task_processes", "Processes of a task, with their children", ["task"])
    : null;
  const queued = gauge("meproc_webhook_queued", "Messages that wait", ["webhook"]);
  const dead = gauge("meproc_webhook_dead_letters", "Messages that are tried no more", ["webhook"]);
  const ready = gauge("meproc_ready", "1 once the service is ready, until it stops");
  const storeWorks = gauge("meproc_store_up", "1 while the database can be written");
  const delayMean = gauge(
    "meproc_event_loop_delay_mean_seconds",
    "Delay of the event loop since the last scrape",
  );
  const delayMax = gauge(
    "meproc_event_loop_delay_max_seconds",
    "The longest delay of the event loop since the last scrape",
  );
  const info = gauge("meproc_build_info", "1, with the version as a label", ["version"]);
  const rss = gauge("process_resident_memory_bytes", "Resident memory of the service");
  const started = gauge("process_start_time_seconds", "When the service was started, in Unix seconds");
  const ownCpu = counter("process_cpu_seconds_total", "CPU time of the service");
  info.set({ version: around.version }, 1);
  started.set(around.clock.now().wall / 1000 - process.uptime());
  const loop = new EventLoop();
  /** The instances of which a run has ended since the last look; nobody else wrote but who runs. */
  const ended = new Set<string>();
  const outputCount = new OutputCount(around.outputEnd);
  const open = openMetricsOf(registry, Registry);

  /** A removed task has no series any more, and its name is free for another. */
  const forget = (task: string): void => {
    const label = names.forget(task);
    outputCount.forget(task);
    if (label === null) return;
    for (const each of [starts, restarts, lost, output, durations]) each.remove({ task: label });
    for (const result of RESULTS) exits.remove({ task: label, result });
  };

  const take = (fact: Fact): void => {
    switch (fact.kind) {
      case "run.started": {
        const task = names.of(fact.task);
        starts.inc({ task });
        if (fact.trigger === "restart") restarts.inc({ task });
        if (fact.scheduled_for !== undefined)
          lateness.observe(Math.max(0, Date.parse(fact.time) - Date.parse(fact.scheduled_for)) / 1000);
        return;
      }
      case "run.finished": {
        const task = names.of(fact.task);
        ended.add(fact.alias);
        exits.inc({ task, result: fact.outcome.result });
        return durations.observe({ task }, fact.duration_ms / 1000);
      }
      case "output.lost":
        return lost.inc({ task: names.of(fact.task) }, fact.bytes);
      case "task.removed":
        return forget(fact.task);
    }
  };

  const lookAtTasks = async (): Promise<void> => {
    for (const each of [tasks, instances, running, replicas, unhealthy, memory, cpu, processes])
      each?.reset();
    for (const { name, type, state, instances: own } of around.tasks()) {
      const task = names.of(name);
      tasks.inc({ type, state });
      for (const each of own) instances.inc({ state: each.state });
      running.inc({ task }, own.filter((each) => each.state === "running").length);
      replicas.inc({ task }, own.length);
      unhealthy.inc({ task }, own.filter((each) => each.health === "unhealthy").length);
      // a series begins with 0: else its first count would not be seen as a change
      for (const each of [starts, restarts, lost]) each.inc({ task }, 0);
      const wrote = own.filter((each) => WRITING.has(each.state) || ended.delete(each.alias));
      output.inc(
        { task },
        await outputCount.since(
          name,
          wrote.map(({ alias }) => alias),
        ),
      );
      if (!usage) continue;
      for (const used of around.usage(name)) {
        memory?.inc({ task }, used.rss_bytes);
        cpu?.inc({ task }, used.cpu_ms / 1000);
        processes?.inc({ task }, used.processes);
      }
    }
  };

  const lookAtService = (): void => {
    for (const each of [queued, dead]) each.reset();
    for (const receiver of around.receivers()) {
      queued.set({ webhook: receiver.name }, receiver.queued);
      dead.set({ webhook: receiver.name }, receiver.dead);
    }
    ready.set(around.notReady() === null ? 1 : 0);
    storeWorks.set(around.storeTrouble() === null ? 1 : 0);
    const { mean, max } = loop.take();
    delayMean.set(mean);
    delayMax.set(max);
    rss.set(process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    ownCpu.reset();
    ownCpu.inc((user + system) / 1e6);
  };

  const scrape = async (openMetrics: boolean) => {
    await lookAtTasks();
    lookAtService();
    const asked = openMetrics ? open : registry;
    return { type: asked.contentType, text: await asked.metrics() };
  };

  /** One after the other: each begins with empty gauges. */
  let last: Promise<unknown> = Promise.resolve();
  return {
    take,
    scrape: (openMetrics) => {
      const next = last.then(() => scrape(openMetrics));
      last = next.catch(() => undefined);
      return next;
    },
    answered: (method, route, status, seconds) =>
      answers.observe({ method: METHODS.has(method) ? method : "other", route, status }, seconds),
    close: () => loop.close(),
  };
}
