/** Which closed segment is compressed next, and what becomes of it. The work itself is another thread's. */
import { renameSync, statSync } from "node:fs";
import { type Inventory, type Kept, type Row, type Share, removeFile } from "./inventory.ts";
import { segmentPath } from "./segment-name.ts";

export interface CompressJob {
  readonly path: string;
  /** Where the compressed one is to be made. */
  readonly temporary: string;
}

export class Compression {
  readonly #inventory: Inventory;
  readonly #wanted: (share: Share) => boolean;
  /** Something may have come up since it was last looked. */
  #due = true;
  #current: { readonly row: Row; readonly kept: Kept; readonly path: string } | null = null;

  constructor(inventory: Inventory, wanted: (share: Share) => boolean) {
    this.#inventory = inventory;
    this.#wanted = wanted;
  }

  /** The next one, the oldest first, one at a time; `null` if there is none, or one is not done yet. */
  next(): CompressJob | null {
    if (this.#current !== null || !this.#due) return null;
    const found = this.#oldest();
    this.#due = found !== null;
    if (found === null) return null;
    const path = segmentPath(this.#inventory.directory, found.kept.name);
    this.#current = { ...found, path };
    return { path, temporary: `${path}.zst.tmp` };
  }

  /** It takes the place of the other, unless that is gone meanwhile. `null` if it could not be made. */
  done({ path, temporary }: CompressJob, bytes: number | null): void {
    const current = this.#current;
    this.#current = null;
    const isThere = current !== null && !current.kept.gone && path === this.#pathOf(current.kept);
    if (!isThere || bytes === null) {
      if (isThere) current.kept.refused = true;
      return removeFile(temporary);
    }
    const before = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    renameSync(temporary, `${path}.zst`);
    removeFile(path);
    current.kept.name = { ...current.kept.name, compressed: true };
    this.#inventory.resize(current.row, current.kept, current.kept.bytes - before + bytes);
  }

  /** Something was closed, or is to be compressed from now on. */
  look(): void {
    this.#due = true;
  }

  /** What could not be compressed is tried once more. */
  again(): void {
    for (const row of this.#inventory.rows.values()) for (const kept of row.closed) kept.refused = false;
    this.#due = true;
  }

  #oldest(): { readonly row: Row; readonly kept: Kept } | null {
    let oldest: { readonly row: Row; readonly kept: Kept } | null = null;
    for (const row of this.#inventory.rows.values()) {
      if (!row.share.known || !this.#wanted(row.share)) continue;
      const kept = row.closed.find(({ name, refused }) => !name.compressed && !refused);
      if (kept === undefined || (oldest !== null && oldest.kept.writtenAt <= kept.writtenAt)) continue;
      oldest = { row, kept };
    }
    return oldest;
  }

  #pathOf(kept: Kept): string {
    return segmentPath(this.#inventory.directory, kept.name);
  }
}
