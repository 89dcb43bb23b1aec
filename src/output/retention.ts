/** What has to go, and when: by the number of files, by age, by what a task and all tasks together may keep. */
import type { LogPolicy } from "../domain/output.ts";
import type { Inventory, Kept, Row, Share } from "./inventory.ts";

const DAY_MS = 86_400_000;
/** So many files of a row are kept at most, whatever is asked for: a folder of more is slow for everybody. */
const MOST_FILES = 10_000;

export interface RetentionOptions {
  readonly inventory: Inventory;
  readonly defaults: LogPolicy;
  readonly allTasksBytes: number;
  /** Removes what a row writes to. */
  readonly removeCurrent: (row: Row) => void;
}

export class Retention {
  readonly #options: RetentionOptions;
  /** Every task has been told of: what is still unknown belongs to none. */
  #complete = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  policy(share: Share): LogPolicy {
    return share.policy ?? this.#options.defaults;
  }

  /** How large a segment may become: never so large that closing it would free too little. */
  capOf(share: Share): number {
    const { max_bytes, total_bytes } = this.policy(share);
    const { allTasksBytes } = this.#options;
    let cap = max_bytes > 0 ? max_bytes : Number.POSITIVE_INFINITY;
    if (total_bytes > 0) cap = Math.min(cap, total_bytes / (2 * Math.max(1, writingRows(share))));
    if (allTasksBytes > 0) cap = Math.min(cap, allTasksBytes / 2);
    return Math.max(1, Math.floor(cap));
  }

  complete(now: number): void {
    this.#complete = true;
    this.sweep(now);
  }

  /** All rows, for all reasons. */
  sweep(now: number): void {
    for (const share of [...this.#options.inventory.shares.values()]) this.sweepShare(share, now);
    this.#trimAll();
  }

  sweepShare(share: Share, now: number): void {
    if (!share.known && !this.#complete) return;
    for (const row of [...share.rows]) {
      this.#removeOld(row, now);
      this.trimFiles(row);
      this.#options.inventory.release(row);
    }
    this.trim(share);
  }

  /** After bytes were written: two comparisons where all is well. */
  trim(share: Share): void {
    const { total_bytes } = this.policy(share);
    if (total_bytes > 0 && share.bytes > total_bytes) this.#trimShare(share, total_bytes);
    const { allTasksBytes, inventory } = this.#options;
    if (allTasksBytes > 0 && inventory.bytes > allTasksBytes) this.#trimAll();
  }

  trimFiles(row: Row): void {
    const { max_files } = this.policy(row.share);
    const most = Math.min(max_files || MOST_FILES, MOST_FILES);
    if (row.closed.length < most) return;
    const room = most - (row.current === null ? 0 : 1);
    for (const kept of row.closed.slice(0, Math.max(0, row.closed.length - room))) this.#remove(row, kept);
  }

  #removeOld(row: Row, now: number): void {
    const { max_age_days } = this.policy(row.share);
    if (max_age_days === 0) return;
    const before = now - max_age_days * DAY_MS;
    for (const kept of row.closed.filter(({ writtenAt }) => writtenAt < before)) this.#remove(row, kept);
  }

  #trimShare(share: Share, limit: number): void {
    this.#removeUntil(() => share.bytes <= limit, [...share.rows]);
  }

  #trimAll(): void {
    const { allTasksBytes, inventory } = this.#options;
    if (allTasksBytes === 0 || !this.#complete) return;
    this.#removeUntil(() => inventory.bytes <= allTasksBytes, [...inventory.rows.values()]);
  }

  /** The oldest closed ones go first; where all are open, the oldest that nobody writes to, then the largest. */
  #removeUntil(enough: () => boolean, rows: readonly Row[]): void {
    const closed = rows
      .flatMap((row) => row.closed.map((kept) => ({ row, kept })))
      .sort((a, b) => a.kept.writtenAt - b.kept.writtenAt);
    for (const { row, kept } of closed) {
      if (enough()) return;
      this.#remove(row, kept);
    }
    const open = rows
      .flatMap((row) => (row.current === null ? [] : [{ row, kept: row.current }]))
      .sort((a, b) => order(a.row, a.kept, b.row, b.kept));
    for (const { row, kept } of open) {
      if (enough()) return;
      if (this.#options.inventory.isOurs(row, kept)) this.#options.removeCurrent(row);
    }
  }

  #remove(row: Row, kept: Kept): void {
    if (this.#options.inventory.isOurs(row, kept)) this.#options.inventory.remove(row, kept);
  }
}

function writingRows({ rows }: Share): number {
  if (rows.size === 1) return 1;
  let writing = 0;
  for (const row of rows) if (row.writers.size > 0) writing++;
  return writing;
}

function order(a: Row, keptA: Kept, b: Row, keptB: Kept): number {
  const idle = Number(a.writers.size > 0) - Number(b.writers.size > 0);
  if (idle !== 0) return idle;
  return a.writers.size > 0 ? keptB.bytes - keptA.bytes : keptA.writtenAt - keptB.writtenAt;
}
