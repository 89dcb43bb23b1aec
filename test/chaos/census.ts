/** Which processes of a data directory live, as the system knows and not as the service says. */
import { readdirSync } from "node:fs";
import { MARK, procFile } from "../helpers/processes.ts";
import { Violation } from "./violation.ts";

export interface Life {
  readonly pid: number;
  /** When it started, in the system's ticks: with the pid it is this process and no other. */
  readonly start: string;
  readonly task: string;
  readonly alias: string;
  readonly run: string;
}

/** Fields of /proc/<pid>/stat, counted from the state. */
const GROUP = 2;
const START_TIME = 19;

/** The live writers that carry the mark; what they have in the background is not counted. */
export function census(mark: string): Life[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => lifeOf(Number(name), mark))
    .filter((life) => life !== null);
}

export function stillLives({ pid, start, run }: Life, mark: string): boolean {
  const now = lifeOf(pid, mark);
  return now !== null && now.start === start && now.run === run;
}

/** Whether this live process is of the run, be it its writer or what that has in the background. */
export function isOfRun(pid: number, run: string, mark: string): boolean {
  const environment = procFile(pid, "environ").split("\0");
  return environment.includes(`${MARK}=${mark}`) && environment.includes(`MEPROC_RUN=${run}`);
}

/** A census in which no alias may have two runs at the same time. */
export function soundCensus(mark: string): Life[] {
  const lives = census(mark);
  for (const [alias, some] of Map.groupBy(lives, (life) => life.alias)) {
    const [first, second] = [...new Map(some.map((life) => [life.run, life])).values()];
    if (first === undefined || second === undefined) continue;
    // one may have ended while the list was read and the other started only then
    if (stillLives(first, mark) && stillLives(second, mark))
      throw new Violation(`${alias} has two processes: ${JSON.stringify([first, second])}`);
  }
  return lives;
}

/** A process that has ended has no environment. */
function lifeOf(pid: number, mark: string): Life | null {
  const environment = procFile(pid, "environ").split("\0");
  if (!environment.includes(`${MARK}=${mark}`)) return null;
  const value = (name: string) =>
    environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
  const [task, index, run] = [value("MEPROC_TASK"), value("MEPROC_INDEX"), value("MEPROC_RUN")];
  if (task === undefined || index === undefined || run === undefined) return null;
  const stat = procFile(pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const inBackground = fields[GROUP] !== String(pid) || /^(?:setsid|sleep)\0/.test(procFile(pid, "cmdline"));
  const start = fields[START_TIME];
  return start === undefined || inBackground ? null : { pid, start, task, alias: `${task}:${index}`, run };
}
