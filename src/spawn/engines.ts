/** One engine for all: a coroutine goes to the Workers, everything else becomes a process. */
import type { Engine } from "../domain/ports.ts";

export function chooseEngine(processes: Engine, coroutines: Engine): Engine {
  return {
    start: (request, listener) => {
      const engine = request.task.type === "coroutine" ? coroutines : processes;
      return engine.start(request, listener);
    },
  };
}
