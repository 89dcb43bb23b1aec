/** The open daily files, one for each alias that is being written. At the turn of the UTC day new ones take over. */
import { closeSync, constants, openSync } from "node:fs";
import { dailyFile, dayNumber, dayOf } from "./files.ts";

/** Not there on Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW;
const MODE = 0o640;

export class DailyFiles {
  readonly #directory: string;
  readonly #flags: number;
  readonly #open = new Map<string, number>();
  #number = -1;
  #day = "";

  /** With "seek" the caller goes to the end of the file itself: splice refuses O_APPEND. */
  constructor(directory: string, way: "append" | "seek") {
    this.#directory = directory;
    this.#flags = way === "append" ? FLAGS | constants.O_APPEND : FLAGS;
  }

  /** To be called with the time before each use. */
  turn(wall: number): void {
    const number = dayNumber(wall);
    if (number === this.#number) return;
    this.close();
    this.#number = number;
    this.#day = dayOf(wall);
  }

  /** The descriptor for an alias. Throws what opening the file throws. */
  of(alias: string): number {
    const known = this.#open.get(alias);
    if (known !== undefined) return known;
    const fd = openSync(dailyFile(this.#directory, alias, this.#day), this.#flags, MODE);
    this.#open.set(alias, fd);
    return fd;
  }

  /** Closes the file of an alias if none of these still writes to it. */
  release(alias: string, writers: readonly { alias: string }[]): void {
    if (writers.some((writer) => writer.alias === alias)) return;
    const fd = this.#open.get(alias);
    if (fd === undefined) return;
    this.#open.delete(alias);
    closeSync(fd);
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}
