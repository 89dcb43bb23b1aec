/** An engine whose processes end as soon as they are asked to. */
import type { RunHandle, RunListener, RunRequest } from "../../src/domain/ports.ts";
import { FakeEngine, type FakeProcess } from "./engine.ts";

export class ObedientEngine extends FakeEngine {
  override start(request: RunRequest, listener: RunListener): RunHandle {
    super.start(request, listener);
    const process = this.processes.at(-1);
    if (process === undefined) throw new Error("The process is not there");
    const end = (signal: string) => queueMicrotask(() => endOf(process, signal));
    return {
      terminate: () => end("SIGTERM"),
      kill: () => end("SIGKILL"),
      update: (task) => process.update(task),
      signal: (signal) => process.signal(signal),
      write: () => process.write(),
      usage: () => ({ processes: 1, threads: 1, rss_bytes: 4096, cpu_ms: 0.5, open_files: 3 }),
    };
  }
}

/** One that has not been spawned yet is not spawned any more. */
function endOf(process: FakeProcess, signal: string): void {
  if (process.alive) process.die(signal);
}
