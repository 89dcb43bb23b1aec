/** A history in memory. It can stop writing after so many writes, as a service that is killed there would. */
import type { ProcessIdentity, RunEnd, RunRecord, RunStart, TaskRecord } from "../../src/domain/history.ts";
import type { History } from "../../src/domain/ports.ts";

export class FakeHistory implements History {
  readonly records = new Map<string, TaskRecord>();
  readonly all = new Map<string, RunRecord>();
  writes = 0;
  /** From this write on nothing is kept. */
  diesAt = Number.POSITIVE_INFINITY;

  tasks(): TaskRecord[] {
    return [...this.records.values()];
  }

  openRuns(): RunRecord[] {
    return [...this.all.values()].filter(({ end }) => end === null);
  }

  run(id: string): RunRecord | null {
    return this.all.get(id) ?? null;
  }

  lastRuns(task: string, since: number): RunRecord[] {
    const ended = [...this.all.values()].filter(
      (run) => run.task === task && run.end !== null && run.startedAt >= since,
    );
    return [...new Map(ended.map((run) => [run.index, run])).values()];
  }

  saveTask(record: TaskRecord): void {
    this.#write(() => this.records.set(record.task.name, record));
  }

  flush(): void {
    return;
  }

  removeTask(name: string): void {
    this.#write(() => this.records.delete(name));
  }

  runStarting(start: RunStart): void {
    this.#write(() => this.all.set(start.run, { ...start, process: null, end: null }));
  }

  runSpawned(run: string, process: ProcessIdentity): void {
    this.#change(run, { process });
  }

  runEnded(run: string, end: RunEnd): void {
    this.#change(run, { end });
  }

  forgetRun(run: string): void {
    this.#write(() => this.all.delete(run));
  }

  #change(run: string, changes: Partial<RunRecord>): void {
    this.#write(() => {
      const known = this.all.get(run);
      if (known !== undefined) this.all.set(run, { ...known, ...changes });
    });
  }

  #write(write: () => void): void {
    this.writes++;
    if (this.writes < this.diesAt) write();
  }
}
