/** `exit_with`: the service lives for one task and ends when that does, as a container does with its main process. */
import { constants } from "node:os";
import type { Bus } from "./events/bus.ts";
import type { Instance } from "./supervisor/instance.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";

const SIGNALS: Readonly<Record<string, number>> = constants.signals;
const SIGNAL_BASE = 128;

/** Calls back once, with the task's exit code, when all of its replicas have ended for good. */
export function exitWith(
  name: string,
  supervisor: Supervisor,
  bus: Bus,
  ended: (code: number) => void,
): void {
  const look = (): void => {
    const instances = supervisor.list().find(({ task }) => task.name === name)?.instances ?? [];
    if (instances.length === 0) return;
    if (!instances.every(({ state }) => state.kind === "exited" || state.kind === "failed")) return;
    cancel();
    ended(instances.map(codeOf).find((code) => code !== 0) ?? 0);
  };
  const cancel = bus.subscribe((fact) => {
    if (fact.kind === "task.stopped" && fact.task === name) look();
  });
  // it may have ended already, while the service was starting
  look();
}

/** As a shell would have it: the code, or 128 and the signal's number. */
function codeOf({ last }: Instance): number {
  if (last === null) return 1;
  const { exit_code, exit_signal, result } = last.outcome;
  if (exit_code !== null) return exit_code;
  if (exit_signal !== null) return SIGNAL_BASE + (SIGNALS[exit_signal] ?? 0);
  return result === "succeeded" ? 0 : 1;
}
