/**
 * Which segments there are: looked for once in the folder, and kept up to date from then on by whoever writes, closes,
 * compresses and removes. A row is what one stem wrote; a share is what a task has in all.
 */
import { readdirSync, renameSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { LogPolicy } from "../domain/output.ts";
import { codeOf } from "../platform/system-errors.ts";
import { lookInto } from "./index-file.ts";
import {
  type SegmentName,
  bySegmentOrder,
  indexPath,
  parseSegmentName,
  segmentPath,
} from "./segment-name.ts";

/** What a task may keep, and what it has. */
export interface Share {
  readonly task: string;
  /** `null` until a policy was told: the defaults hold. */
  policy: LogPolicy | null;
  /** Somebody has told of the task, so all of its files are ours. */
  known: boolean;
  /** On disk, with indexes. */
  bytes: number;
  readonly rows: Set<Row>;
}

export interface Kept {
  name: SegmentName;
  /** On disk, with the index. */
  bytes: number;
  /** Unix ms of the last byte. */
  writtenAt: number;
  gone: boolean;
  /** Ours to count and to remove: an index lies beside it, or we were told of its task. */
  ours: boolean;
  /** It could not be compressed today. */
  refused: boolean;
}

export interface Row {
  readonly stem: string;
  share: Share;
  /** In the order of writing. */
  readonly closed: Kept[];
  /** The one that bytes go to, or would. */
  current: Kept | null;
  readonly writers: Set<Writer>;
  /** What was not kept and is not noted in the log yet. */
  lost: Loss | null;
}

export interface Loss {
  readonly bytes: number;
  readonly reason: string;
  /** Unix ms: what comes before is lost too, without a try. */
  readonly retryAt: number;
}

export interface Writer {
  /** As in an index. */
  readonly run: Buffer;
  /** It survived an earlier service, so what that left without a record may be its. */
  readonly resumed: boolean;
}

const ALIAS_END = process.platform === "win32" ? /^(.+)\.\d+$/s : /^(.+):\d+$/s;
const OWN_LOG = "Meproc";
const INDEX_END = ".idx";
const TEMPORARY_END = ".zst.tmp";

export class Inventory {
  readonly directory: string;
  readonly rows = new Map<string, Row>();
  readonly shares = new Map<string, Share>();
  /** Of all that is ours to remove. */
  bytes = 0;

  constructor(directory: string, today: string) {
    this.directory = directory;
    this.#scan(today);
  }

  share(task: string): Share {
    const known = this.shares.get(task);
    if (known !== undefined) return known;
    const share: Share = { task, policy: null, known: false, bytes: 0, rows: new Set() };
    this.shares.set(task, share);
    return share;
  }

  /** The row of a stem; `task` where it is known for sure. */
  row(stem: string, task: string | null): Row {
    const known = this.rows.get(stem);
    if (known === undefined) {
      const share = this.share(task ?? taskOfStem(stem) ?? stem);
      const row: Row = { stem, share, closed: [], current: null, writers: new Set(), lost: null };
      share.rows.add(row);
      this.rows.set(stem, row);
      return row;
    }
    if (task !== null && known.share.task !== task) this.#move(known, this.share(task));
    return known;
  }

  /** Forgets a row of which nothing is left, and the share with its last row. */
  release(row: Row): void {
    if (row.writers.size > 0 || row.lost !== null || all(row).length > 0) return;
    this.rows.delete(row.stem);
    row.share.rows.delete(row);
    this.releaseShare(row.share);
  }

  releaseShare(share: Share): void {
    if (share.rows.size === 0 && share.policy === null) this.shares.delete(share.task);
  }

  resize(row: Row, kept: Kept, bytes: number): void {
    const grown = bytes - kept.bytes;
    kept.bytes = bytes;
    if (!kept.ours) return;
    row.share.bytes += grown;
    this.bytes += grown;
  }

  /** Somebody has told of a task. */
  learn(share: Share): void {
    if (share.known) return;
    share.known = true;
    for (const row of share.rows) for (const kept of all(row)) this.#own(row, kept);
  }

  /** What was written is closed: it may be compressed and removed from now on. */
  close(row: Row, name: SegmentName): void {
    const kept = row.current;
    row.current = null;
    if (kept === null) return;
    kept.name = name;
    row.closed.push(kept);
    row.closed.sort((a, b) => bySegmentOrder(a.name, b.name));
  }

  begin(row: Row, name: SegmentName, bytes: number, writtenAt: number): Kept {
    const kept = newKept(name, writtenAt, true);
    row.current = kept;
    this.resize(row, kept, bytes);
    return kept;
  }

  /** It has its name in the row no more; the files are the caller's. */
  forget(row: Row, kept: Kept): void {
    kept.gone = true;
    this.resize(row, kept, 0);
    if (row.current === kept) row.current = null;
    const at = row.closed.indexOf(kept);
    if (at >= 0) row.closed.splice(at, 1);
  }

  /** Removes a closed segment with its index. */
  remove(row: Row, kept: Kept): void {
    this.forget(row, kept);
    removeFile(segmentPath(this.directory, kept.name));
    removeFile(indexPath(this.directory, kept.name));
  }

  /** Looks before it is removed: what lies beside it may be no index after all. */
  isOurs(row: Row, kept: Kept): boolean {
    if (!kept.ours || row.share.known) return kept.ours;
    if (lookInto(indexPath(this.directory, kept.name)) !== null) return true;
    const { bytes } = kept;
    this.resize(row, kept, 0);
    kept.ours = false;
    kept.bytes = bytes;
    return false;
  }

  /** Gives a closed segment its number, so that its name is free; where the clock was set back that happens. */
  renumber(row: Row, kept: Kept, number: number): void {
    const { directory } = this;
    const name = { ...kept.name, number };
    renameSync(segmentPath(directory, kept.name), segmentPath(directory, name));
    if (lookInto(indexPath(directory, kept.name)) !== null)
      renameSync(indexPath(directory, kept.name), indexPath(directory, name));
    kept.name = name;
    row.closed.sort((a, b) => bySegmentOrder(a.name, b.name));
  }

  #own(row: Row, kept: Kept): void {
    if (kept.ours) return;
    kept.ours = true;
    row.share.bytes += kept.bytes;
    this.bytes += kept.bytes;
  }

  #move(row: Row, share: Share): void {
    const bytes = all(row).reduce((sum, kept) => sum + (kept.ours ? kept.bytes : 0), 0);
    row.share.rows.delete(row);
    row.share.bytes -= bytes;
    this.releaseShare(row.share);
    row.share = share;
    share.rows.add(row);
    share.bytes += bytes;
    if (share.known) for (const kept of all(row)) this.#own(row, kept);
  }

  #scan(today: string): void {
    const files = new Set(readdirSync(this.directory));
    for (const file of files) {
      const name = parseSegmentName(file);
      if (name === null) this.#tidy(file, files, today);
      else if (taskOfStem(name.stem) !== null) this.#add(file, name, files, today);
    }
    for (const row of this.rows.values()) row.closed.sort((a, b) => bySegmentOrder(a.name, b.name));
  }

  #add(file: string, name: SegmentName, files: ReadonlySet<string>, today: string): void {
    const index = indexPath(this.directory, name);
    // both are there where the service was killed right after the compressed one was made
    if (files.has(`${file}.zst`) && lookInto(index) !== null) return removeFile(join(this.directory, file));
    const found = statSync(join(this.directory, file), { throwIfNoEntry: false });
    if (!found?.isFile()) return;
    const indexBytes = statSync(index, { throwIfNoEntry: false })?.size ?? 0;
    if (indexBytes === 0 && !isReplica(name.stem)) return;
    const row = this.row(name.stem, null);
    const kept = newKept(name, Math.round(found.mtimeMs), indexBytes > 0);
    this.resize(row, kept, found.size + indexBytes);
    if (name.day === today && name.number === null && !name.compressed) row.current = kept;
    else row.closed.push(kept);
  }

  /** What a service that was killed has left beside segments. */
  #tidy(file: string, files: ReadonlySet<string>, today: string): void {
    const end = [TEMPORARY_END, INDEX_END].find((each) => file.endsWith(each)) ?? file;
    const name = parseSegmentName(file.slice(0, -end.length));
    if (name === null || taskOfStem(name.stem) === null) return;
    const path = join(this.directory, file);
    if (end === TEMPORARY_END) return removeFile(path);
    const log = file.slice(0, -end.length);
    if (files.has(log) || files.has(`${log}.zst`)) return;
    const number = lookInto(path)?.header.number;
    if (number === undefined) return;
    const numbered = { ...name, number };
    // the segment has its number already: killed between the two renames
    if (name.number === null && isFile(segmentPath(this.directory, numbered))) {
      if (!isFile(indexPath(this.directory, numbered)))
        return renameSync(path, indexPath(this.directory, numbered));
    }
    // without a number it says where the next one begins, for the rest of its day
    if (name.number !== null || name.day < today) removeFile(path);
  }
}

function newKept(name: SegmentName, writtenAt: number, ours: boolean): Kept {
  return { name, bytes: 0, writtenAt, gone: false, ours, refused: false };
}

function all({ closed, current }: Row): Kept[] {
  return current === null ? closed : [...closed, current];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whose output a stem is: a task's, by the alias of a replica, or that of an alias without a task; `null` for our own log. */
export function taskOfStem(stem: string): string | null {
  const alias = stem.endsWith(".err") ? stem.slice(0, -4) : stem;
  if (alias === OWN_LOG) return null;
  return ALIAS_END.exec(alias)?.[1] ?? alias;
}

/** A name that is no replica's proves nothing: without an index it is somebody else's file. */
function isReplica(stem: string): boolean {
  return (
    ALIAS_END.test(stem.endsWith(".err") ? stem.slice(0, -4) : stem) || /~[0-9a-f]{16}(?:\.err)?$/.test(stem)
  );
}

/** Who has removed it already saves us the work; who forbids it will be met again at the next start. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!["ENOENT", "EACCES", "EPERM", "EBUSY", "EISDIR"].includes(codeOf(error) ?? "")) throw error;
  }
}
