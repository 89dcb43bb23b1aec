/** What the metrics look at when somebody scrapes. */
import type { Health, StateKind } from "../domain/instance.ts";
import type { ReceiverState } from "../domain/notify.ts";
import type { Clock, TreeUsage } from "../domain/ports.ts";
import type { Position } from "../domain/position.ts";
import type { TaskType } from "../domain/task.ts";

export interface CountedTask {
  readonly name: string;
  readonly type: TaskType;
  readonly state: StateKind;
  readonly instances: readonly {
    readonly alias: string;
    readonly state: StateKind;
    readonly health: Health;
  }[];
}

export interface Surroundings {
  readonly version: string;
  readonly clock: Clock;
  readonly tasks: () => readonly CountedTask[];
  /** What the instances of a task use at the moment. */
  readonly usage: (task: string) => readonly TreeUsage[];
  /** Where the output of an alias ends. */
  readonly outputEnd: (alias: string) => Promise<Position>;
  readonly receivers: () => readonly ReceiverState[];
  readonly notReady: () => string | null;
  readonly storeTrouble: () => string | null;
}
