/** Who a process is: its pid, when it started and in which boot. A pid alone is handed out again. */
import type { ProcessIdentity } from "../domain/history.ts";
import { darwinProcesses } from "./darwin-processes.ts";
import { linuxProcesses } from "./linux-processes.ts";
import type { Processes } from "./processes.ts";

/** On Windows there is no /proc, and so nothing is told. */
const processes: Processes = process.platform === "darwin" ? darwinProcesses : linuxProcesses;

let boot: string | null | undefined;

/** The id of this boot of the machine; `null` where the system does not tell. */
export function bootId(): string | null {
  if (boot === undefined) boot = processes.boot();
  return boot;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, started: processes.look(pid)?.started ?? null, boot: bootId() };
}

/** "ended" while nobody has collected its exit; "gone" when it is no more, or its number is another's. */
export function stateOf({ pid, started, boot: then }: ProcessIdentity): "alive" | "ended" | "gone" {
  if (then === null || then !== bootId()) return "gone";
  const facts = processes.look(pid);
  if (facts === null || facts.started !== started) return "gone";
  return facts.ended ? "ended" : "alive";
}

/** Whether there is a process with this number that has not ended. */
export function isAlive(pid: number): boolean {
  return processes.look(pid)?.ended === false;
}

export function groupOf(pid: number): number | null {
  return processes.look(pid)?.group ?? null;
}

/** It is ending and no zombie yet: the files and ports that it has open may be so still. */
export function isVanishing(pid: number): boolean {
  const facts = processes.look(pid);
  if (facts === null) return false;
  return facts.ending && !facts.ended;
}

/** From its beginning to end until its exit has been collected; it has no environment any more. */
export function isEnding(pid: number): boolean {
  return processes.look(pid)?.ending ?? true;
}
