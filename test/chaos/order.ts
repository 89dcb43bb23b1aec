/** Whether all is as it has to be once the service is up and nobody asks anything of it. */
import type { RunView } from "../../src/http/run-view.ts";
import type { InstanceView } from "../../src/http/instance-view.ts";
import type { TaskView } from "../../src/http/task-view.ts";
import { until } from "../helpers/until.ts";
import { type Life, census, isOfRun, soundCensus, stillLives } from "./census.ts";
import type { Host } from "./host.ts";
import type { Operator } from "./operator.ts";
import type { OutputCheck } from "./output-check.ts";
import { type Member, endsByItself } from "./population.ts";
import { Violation } from "./violation.ts";

const SETTLE_MS = 20_000;
const ON_THE_WAY: readonly string[] = ["starting", "running", "backoff", "waiting"];

/** Waits until there is no problem any more. Throws Violation with the last one. */
export async function settle(problemOf: () => Promise<string | null>): Promise<void> {
  let problem: string | null = null;
  const solved = async () => {
    problem = await problemOf();
    return problem === null;
  };
  try {
    await until(solved, "there is no problem", SETTLE_MS);
  } catch (error) {
    if (problem === null) throw error;
    throw new Violation(problem, { cause: error });
  }
}

export interface Scene {
  readonly host: Host;
  readonly members: readonly Member[];
  readonly operator: Operator;
  readonly output: OutputCheck;
}

/** What lives and what the service says, each against the other and against what is wanted, look after look. */
export function looksAt(scene: Scene): () => Promise<string | null> {
  let suspects: ReadonlySet<string> | null = null;
  // at any moment something has just ended of which the end is not yet noted, but each time something else
  const stillDead = (dead: readonly RunView[]) => {
    const known = suspects;
    const still = dead.filter(({ id }) => known?.has(id) ?? true);
    suspects = new Set(still.map(({ id }) => id));
    return still[0] ?? null;
  };
  return () => problemOf(scene, stillDead);
}

async function problemOf(
  { host, members, operator }: Scene,
  stillDead: (dead: readonly RunView[]) => RunView | null,
): Promise<string | null> {
  const before = soundCensus(host.folder);
  const tasks = await host.tasks();
  const runs = await host.runs();
  const after = soundCensus(host.folder);
  const open = runs.filter(({ ended_at }) => ended_at === null);
  assertOneEach(open);
  return (
    deadProblem(stillDead(deadOf(open, [...before, ...after], host.folder))) ??
    strangerProblem(open, before, after) ??
    first(members, (member) => wantProblem(member, operator, tasks.get(member.name), before, after)) ??
    first(members, (member) => onceProblem(member, operator, runs))
  );
}

/** Every process of before is there and listed, but those that had a reason to end. Throws Violation. */
export function assertAdopted(
  lives: readonly Life[],
  excused: (life: Life) => boolean,
  tasks: ReadonlyMap<string, TaskView>,
  mark: string,
): number {
  let count = 0;
  for (const life of lives) {
    const instance = tasks.get(life.task)?.instances.find(({ alias }) => alias === life.alias);
    const listed = instance?.pid === life.pid && instance.run === life.run;
    if (!stillLives(life, mark)) {
      if (!excused(life)) throw new Violation(`${life.alias} (pid ${life.pid}) did not live over it`);
      continue;
    }
    count++;
    if (listed && (instance.state === "running" || instance.state === "stopping")) continue;
    throw new Violation(`${life.alias} (pid ${life.pid}) lives and is listed as ${JSON.stringify(instance)}`);
  }
  return count;
}

/** What the check of a run's last lines needs to know of it. */
export type Ended = Pick<RunView, "id" | "alias" | "result" | "exit_signal">;

/** Why a run may lack its last lines. */
export interface Excuses {
  /** It was killed by us. */
  readonly victims: ReadonlySet<string>;
  /** It ended when there was no service, or one that was killed soon after: that it printed anything is not known. */
  readonly unseen: ReadonlySet<string>;
}

/** The whole output of runs that ended has to be in the log, but what a kill of the service can have cost. */
export function tailProblem(
  ended: readonly Ended[],
  output: OutputCheck,
  { victims, unseen }: Excuses,
): string | null {
  output.read();
  return first(ended, (run) => {
    const progress = output.progress(run.id);
    if (progress?.closed === "bye" || victims.has(run.id)) return null;
    if (progress !== null && output.brokeOff(progress)) return null;
    // the shell was still starting perl
    const unstarted = run.exit_signal === "SIGTERM" || run.result === "stopped";
    if (progress === null && (unstarted || unseen.has(run.id) || run.result === "lost")) return null;
    return `${run.alias}: the end of the output of ${JSON.stringify(run)} is missing after ${progress?.last ?? 0}`;
  });
}

/** The next lines of what lives are captured: each has come further than it was. */
export function silenceProblem(
  runs: readonly string[],
  reached: ReadonlyMap<string, number>,
  { output, host }: Scene,
): string | null {
  output.read();
  const silent = runs.find((run) => (output.progress(run)?.last ?? 0) <= (reached.get(run) ?? 0));
  if (silent === undefined || !census(host.folder).some(({ run }) => run === silent)) return null;
  return `nothing is captured of run ${silent} after line ${reached.get(silent)}`;
}

function assertOneEach(open: readonly RunView[]): void {
  for (const [alias, runs] of Map.groupBy(open, (run) => run.alias))
    if (runs.length > 1) throw new Violation(`${alias} has several open runs: ${JSON.stringify(runs)}`);
}

/** The open runs that have no process. */
function deadOf(open: readonly RunView[], lives: readonly Life[], mark: string): RunView[] {
  const alive = new Set(lives.map(({ run }) => run));
  // if the service was killed before it had noted the process, and that has ended since, what it left in a session of its
  // own cannot be told from it
  return open.filter(({ id, pid }) => !alive.has(id) && (pid === null || !isOfRun(pid, id, mark)));
}

function deadProblem(dead: RunView | null): string | null {
  return dead === null ? null : `an open run without a process: ${JSON.stringify(dead)}`;
}

function strangerProblem(
  open: readonly RunView[],
  before: readonly Life[],
  after: readonly Life[],
): string | null {
  const known = new Set(open.map(({ id }) => id));
  const stranger = before
    .filter((life) => after.some(({ run }) => run === life.run))
    .find(({ run }) => !known.has(run));
  return stranger === undefined ? null : `a process without an open run: ${JSON.stringify(stranger)}`;
}

function wantProblem(
  member: Member,
  operator: Operator,
  task: TaskView | undefined,
  before: readonly Life[],
  after: readonly Life[],
): string | null {
  const wish = operator.wish(member.name);
  if (wish === null) return `nobody knows what is to be of ${member.name}`;
  const lives = [...before, ...after].filter((life) => life.task === member.name);
  if (wish !== "running")
    return lives.length === 0 ? null : `${member.name} should be ${wish} and lives: ${JSON.stringify(lives)}`;
  if (member.type !== "daemon") return null;
  const idle = task?.instances.find((instance) => !isUp(instance, member, after));
  return idle === undefined ? null : `${member.name} should run: ${JSON.stringify(idle)}`;
}

function isUp({ state, pid, run }: InstanceView, member: Member, lives: readonly Life[]): boolean {
  if (endsByItself(member)) return ON_THE_WAY.includes(state);
  return state === "running" && lives.some((life) => life.pid === pid && life.run === run);
}

function onceProblem({ name, type }: Member, operator: Operator, runs: readonly RunView[]): string | null {
  const count = runs.filter(({ task }) => task === name).length;
  if (type !== "once" || count <= operator.asked(name)) return null;
  return `${name} has run ${count} times and was asked to ${operator.asked(name)} times`;
}

function first<T>(items: readonly T[], problem: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = problem(item);
    if (found !== null) return found;
  }
  return null;
}
