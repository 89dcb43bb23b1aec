/** Old runs and facts are removed a little at a time, so that nobody waits for it. */
import type { Cancel, Clock } from "../domain/ports.ts";
import type { SqliteStore } from "./sqlite-store.ts";

export interface Retention {
  readonly maxRunsPerTask: number;
  readonly maxAgeDays: number;
}

const BATCH = 500;
const BETWEEN_BATCHES_MS = 50;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Looks once an hour, and goes on batch by batch while there is something to remove. */
export function keepPruned(store: SqliteStore, retention: Retention, clock: Clock): Cancel {
  let cancel: Cancel;
  const prune = () => {
    const before = clock.now().wall - retention.maxAgeDays * DAY_MS;
    const more = store.prune({ maxRunsPerTask: retention.maxRunsPerTask, before, batch: BATCH });
    wait(more ? BETWEEN_BATCHES_MS : HOUR_MS);
  };
  const wait = (ms: number) => {
    cancel = clock.at(clock.now().mono + ms, prune);
  };
  wait(BETWEEN_BATCHES_MS);
  return () => cancel();
}
