/** One engine for all: a coroutine goes to the Workers, everything else becomes a process. */
import type { Engine, RunRequest } from "../domain/ports.ts";

export function chooseEngine(processes: Engine, coroutines: Engine): Engine {
  const engineOf = ({ task }: RunRequest) => (task.type === "coroutine" ? coroutines : processes);
  return {
    start: (request, listener) => engineOf(request).start(request, listener),
    adopt: (request, process, listener) => engineOf(request).adopt(request, process, listener),
    adoptRest: (request, process, listener) => engineOf(request).adoptRest(request, process, listener),
    left: () => [...processes.left(), ...coroutines.left()],
  };
}
