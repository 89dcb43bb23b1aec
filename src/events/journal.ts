/** The service's own log: to the terminal, and to a daily file. Each line is written before the next thing happens. */
import { closeSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createColors } from "picocolors";
import { LOG_LEVELS, type LogLevel } from "../domain/config.ts";
import { openToAppend } from "../platform/private-files.ts";
import { inWords } from "../platform/system-errors.ts";

const MOST_CHARACTERS = 4000;

export interface JournalOptions {
  readonly directory: string;
  readonly level: LogLevel;
  readonly colours: boolean;
  readonly terminal: (line: string) => void;
  readonly wall: () => number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #paint: Record<LogLevel, (text: string) => string>;
  readonly #threshold: number;
  #fileWorks = true;
  #open: { readonly day: string; readonly fd: number } | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    const { gray, green, yellow, red } = createColors(options.colours);
    this.#paint = { debug: gray, info: green, warn: yellow, error: red };
    this.#threshold = LOG_LEVELS.indexOf(options.level);
  }

  debug(text: string): void {
    this.write("debug", text);
  }
  info(text: string): void {
    this.write("info", text);
  }
  warn(text: string): void {
    this.write("warn", text);
  }
  error(text: string): void {
    this.write("error", text);
  }

  write(level: LogLevel, text: string): void {
    if (LOG_LEVELS.indexOf(level) < this.#threshold) return;
    const iso = new Date(this.#options.wall()).toISOString();
    const time = `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)} UTC`;
    const name = level.toUpperCase();
    const rest = oneLine(text);
    this.#options.terminal(`${time} [${this.#paint[level](name)}]: ${rest}`);
    this.#append(iso.slice(0, 10), `${time} [${name}]: ${rest}\n`);
  }

  close(): void {
    if (this.#open !== null) closeSync(this.#open.fd);
    this.#open = null;
  }

  /** A full disk does not stop the service: it is said once on the terminal, and again after it has passed. */
  #append(day: string, line: string): void {
    try {
      writeSync(this.#fileOf(day), line);
      this.#fileWorks = true;
    } catch (error) {
      if (this.#fileWorks) this.#options.terminal(`The log file cannot be written: ${inWords(error)}`);
      this.#fileWorks = false;
    }
  }

  #fileOf(day: string): number {
    if (this.#open?.day === day) return this.#open.fd;
    if (this.#open !== null) closeSync(this.#open.fd);
    this.#open = null;
    const fd = openToAppend(join(this.#options.directory, `Meproc-${day}.log`), 0o640);
    this.#open = { day, fd };
    return fd;
  }
}

/**
 * A line break in a name or reason must not look like another line of the log, nor an escape reach the terminal, nor text
 * that turns the writing direction; and who asks for a path of 16 KB shall not fill the disk with it.
 */
function oneLine(text: string): string {
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return short.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, " ");
}
