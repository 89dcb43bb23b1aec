/** The segment of a row that bytes go to. */
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import type { IndexFile } from "./index-file.ts";
import type { Format, IndexHeader } from "./index-format.ts";

/** Not there on Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/** Not to append: splice refuses that, and places are given. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | NO_FOLLOW;
const MODE = 0o640;

export class Segment {
  readonly path: string;
  readonly indexPath: string;
  readonly fd: number;
  readonly #inode: number;
  readonly index: IndexFile;
  /** Unix ms. */
  lookedAt = 0;
  isClosed = false;

  private constructor(path: string, indexPath: string, fd: number, index: IndexFile) {
    this.path = path;
    this.indexPath = indexPath;
    this.fd = fd;
    this.index = index;
    this.#inode = fstatSync(fd).ino;
  }

  /** Throws what the disk says. */
  static open(path: string, index: IndexFile, indexPath: string): Segment {
    try {
      return new Segment(path, indexPath, openSync(path, FLAGS, MODE), index);
    } catch (error) {
      index.close();
      throw error;
    }
  }

  get format(): Format {
    return this.index.header.format;
  }

  /** How many bytes it holds as far as we know. */
  get size(): number {
    return this.index.covered;
  }

  /** Where the next byte stands in positions of this day. */
  get end(): number {
    return this.index.header.base + this.size;
  }

  /** False if somebody has moved or removed one of its files, as log rotation does. */
  isInPlace(): boolean {
    return (
      statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode &&
      statSync(this.indexPath, { throwIfNoEntry: false })?.ino === this.index.inode
    );
  }

  /** Begins its index anew; throws what the disk says, and is then as it was. */
  restart(header: IndexHeader): void {
    this.index.restart(header);
  }

  close(): void {
    this.isClosed = true;
    this.index.close();
    closeSync(this.fd);
  }
}
