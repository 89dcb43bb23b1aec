/**
 * The token in the data directory: an admin's, made when somebody needs one first. Whoever may read the file owns the
 * service anyhow. It is read each time it is asked for, so that a file that is replaced or removed counts at once.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../platform/system-errors.ts";
import { hashOf, isSame, makeSecret } from "./secrets.ts";

const FILE = "token";
const FORM = /^[0-9a-f]{64}$/;
/** Not through a link, and without waiting for whoever writes to a FIFO. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export class FirstToken {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, FILE);
  }

  /** Makes it if there is none: then it is returned, this once; else `null`. Throws what the file system throws. */
  make(): string | null {
    const secret = makeSecret();
    let fd: number;
    try {
      fd = openSync(this.path, "wx", 0o600);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      this.#keepPrivate();
      return null;
    }
    try {
      writeSync(fd, `${secret}\n`);
    } finally {
      closeSync(fd);
    }
    return secret;
  }

  /** Tells this token from one that was there before; `null` if there is none. */
  mark(): string | null {
    const secret = this.#read();
    return secret === null ? null : hashOf(secret);
  }

  matches(text: string): boolean {
    const secret = FORM.test(text) ? this.#read() : null;
    return secret !== null && isSame(hashOf(secret), hashOf(text));
  }

  #read(): string | null {
    try {
      const fd = openSync(this.path, READ);
      try {
        const text = fstatSync(fd).isFile() ? readFileSync(fd, "utf8").trim() : "";
        return FORM.test(text) ? text : null;
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      // no token that can be read lets nobody in
      if (codeOf(error) !== null) return null;
      throw error;
    }
  }

  #keepPrivate(): void {
    const fd = openSync(this.path, READ);
    try {
      if ((fstatSync(fd).mode & 0o077) !== 0) fchmodSync(fd, 0o600);
    } finally {
      closeSync(fd);
    }
  }
}
