/** The service's own stdout as a place for the lines of tasks: each with its alias before it, in a colour of the task. */
import { createColors } from "picocolors";
import type { OutputLine } from "../domain/output.ts";
import { partsOfAlias } from "../domain/task.ts";
import type { LineSink } from "./mirror.ts";

const NEWLINE = 10;
const END = new Uint8Array([NEWLINE]);

/** What is written to; `false` says that it is behind, and `drained` settles when it has caught up. */
export interface Outlet {
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
}

export class StdoutSink implements LineSink {
  readonly #outlet: Outlet;
  readonly #paints: readonly ((text: string) => string)[];
  readonly #paintOf = new Map<string, (text: string) => string>();
  readonly #prefixes = new Map<string, Uint8Array>();
  #width = 0;
  #draining: Promise<void> | null = null;

  constructor(outlet: Outlet, colours: boolean) {
    this.#outlet = outlet;
    const c = createColors(colours);
    this.#paints = [
      c.cyan,
      c.yellow,
      c.green,
      c.magenta,
      c.blue,
      c.cyanBright,
      c.yellowBright,
      c.greenBright,
    ];
  }

  expect(aliases: readonly string[]): void {
    const width = Math.max(this.#width, ...aliases.map((alias) => Bun.stringWidth(alias)));
    if (width > this.#width) this.#prefixes.clear();
    this.#width = width;
  }

  async write(lines: readonly OutputLine[], signal: AbortSignal): Promise<void> {
    const parts = lines.flatMap(({ alias, bytes }) => [this.#prefixOf(alias), bytes, ...endOf(bytes)]);
    if (this.#outlet.write(Buffer.concat(parts)) || signal.aborted) return;
    this.#draining ??= this.#outlet.drained().finally(() => {
      this.#draining = null;
    });
    await eitherOf(this.#draining, signal);
  }

  #prefixOf(alias: string): Uint8Array {
    const known = this.#prefixes.get(alias);
    if (known !== undefined) return known;
    const padding = " ".repeat(Math.max(0, this.#width - Bun.stringWidth(alias)));
    const prefix = new TextEncoder().encode(this.#paint(alias)(`${alias}${padding} | `));
    this.#prefixes.set(alias, prefix);
    return prefix;
  }

  #paint(alias: string): (text: string) => string {
    const { task } = partsOfAlias(alias);
    const known = this.#paintOf.get(task);
    if (known !== undefined) return known;
    const paint = this.#paints[this.#paintOf.size % this.#paints.length] ?? String;
    this.#paintOf.set(task, paint);
    return paint;
  }
}

/** A line is ended here where it has no end of its own. */
function endOf(bytes: Uint8Array): Uint8Array[] {
  return bytes.at(-1) === NEWLINE ? [] : [END];
}

/** Settles with the promise, or when the signal aborts. */
async function eitherOf(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  signal.addEventListener("abort", stop);
  await Promise.race([promise, aborted]);
  signal.removeEventListener("abort", stop);
}
