/** The bootstrap command: run once under an alias of its own, which no task may have; it is no task and in no list. */
import type { RunRecord } from "../domain/history.ts";
import { completeTask } from "../domain/task.ts";
import { Instance, type InstanceDeps } from "./instance.ts";

/** Its alias. */
export const BOOTSTRAP = "bootstrap";

export class Bootstrap {
  readonly #deps: Omit<InstanceDeps, "changed">;
  #instance: Instance | null = null;

  constructor(deps: Omit<InstanceDeps, "changed">) {
    this.#deps = deps;
  }

  /** Unless it is still running, such as after a hand-over. */
  start(cmd: string): void {
    if (!this.#instance?.active) this.#make(cmd).start("boot");
  }

  /** Takes over what an earlier service left of a run; false if it is none of its runs. */
  adopt(run: RunRecord): boolean {
    if (run.alias !== BOOTSTRAP) return false;
    this.#make("").adopt(run, true);
    return true;
  }

  async stop(): Promise<void> {
    await this.#instance?.stop();
  }

  freeze(): void {
    this.#instance?.freeze();
  }

  killNow(): void {
    this.#instance?.killNow();
  }

  #make(cmd: string): Instance {
    const task = completeTask({ name: BOOTSTRAP, cmd, type: "once" });
    const changed = (instance: Instance) => {
      if (instance.waiting) instance.depsMet();
    };
    this.#instance = new Instance(task, 0, { ...this.#deps, changed }, BOOTSTRAP);
    return this.#instance;
  }
}
