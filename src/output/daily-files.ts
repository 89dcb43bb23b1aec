/** The open daily files, one for each alias that is being written. At the turn of the UTC day new ones take over. */
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { dailyFile, dayNumber, dayOf } from "./files.ts";

/** Not there on Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW;
const MODE = 0o640;

const LOOK_MS = 1000;

interface OpenFile {
  readonly fd: number;
  readonly inode: number;
  lookedAt: number;
}

export class DailyFiles {
  readonly #directory: string;
  readonly #flags: number;
  readonly #open = new Map<string, OpenFile>();
  #now = 0;
  #number = -1;
  #day = "";

  /** With "seek" the caller goes to the end of the file itself: splice refuses O_APPEND. */
  constructor(directory: string, way: "append" | "seek") {
    this.#directory = directory;
    this.#flags = way === "append" ? FLAGS | constants.O_APPEND : FLAGS;
  }

  /** To be called with the time before each use. */
  turn(wall: number): void {
    this.#now = wall;
    const number = dayNumber(wall);
    if (number === this.#number) return;
    this.close();
    this.#number = number;
    this.#day = dayOf(wall);
  }

  /** The descriptor for an alias. Throws what opening the file throws. */
  of(alias: string): number {
    const known = this.#open.get(alias);
    if (known !== undefined && this.#isInPlace(alias, known)) return known.fd;
    const fd = openSync(dailyFile(this.#directory, alias, this.#day), this.#flags, MODE);
    this.#open.set(alias, { fd, inode: fstatSync(fd).ino, lookedAt: this.#now });
    return fd;
  }

  /** False, and closed, if somebody has moved or removed the file, as log rotation does. Looked at once a second. */
  #isInPlace(alias: string, file: OpenFile): boolean {
    if (this.#now - file.lookedAt < LOOK_MS) return true;
    file.lookedAt = this.#now;
    const path = dailyFile(this.#directory, alias, this.#day);
    if (statSync(path, { throwIfNoEntry: false })?.ino === file.inode) return true;
    closeSync(file.fd);
    this.#open.delete(alias);
    return false;
  }

  /** Closes the file of an alias if none of these still writes to it. */
  release(alias: string, writers: readonly { alias: string }[]): void {
    if (writers.some((writer) => writer.alias === alias)) return;
    const file = this.#open.get(alias);
    if (file === undefined) return;
    this.#open.delete(alias);
    closeSync(file.fd);
  }

  close(): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}
