/**
 * Following: what comes after a place, piece by piece. Nothing is read before it is asked for, and nothing is kept between:
 * a follower that does not read costs a few numbers for each source.
 */
import type { DayPlace } from "../../domain/cursor.ts";
import { formatCursor } from "../../domain/cursor.ts";
import type { OutputPiece, OutputQuery } from "../../domain/output.ts";
import type { Cancel } from "../../domain/ports.ts";
import { FollowedSource } from "./followed-source.ts";
import type { Limits } from "./limits.ts";
import type { Seats } from "./seats.ts";

export interface FollowOptions {
  readonly directory: string;
  readonly limits: Limits;
  readonly wall: () => number;
  readonly sync: () => Promise<void>;
  readonly onGrowth: (alias: string, callback: () => void) => Cancel;
  /** Shared by all followers. */
  readonly seats: Seats;
}

/** `places` holds one for each alias, then one for the separate stderr of each. */
export async function* follow(
  query: Pick<OutputQuery, "aliases" | "stream" | "run">,
  places: readonly DayPlace[],
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<OutputPiece> {
  const { aliases } = query;
  const sources = places.map((place, i) => {
    const channel = i < aliases.length ? "all" : "err";
    return new FollowedSource(
      aliases[i % aliases.length] ?? "",
      channel,
      place,
      places.length,
      query,
      options,
    );
  });
  const growth = new GrowthOf(aliases, options, (alias) => {
    for (const source of sources) if (source.alias === alias) source.grew();
  });
  signal.addEventListener("abort", growth.wake);
  try {
    while (!signal.aborted) {
      growth.listen();
      const source = await options.seats.take(() => newest(sources));
      if (source === null) {
        await growth.happened();
        continue;
      }
      const piece = await options.seats.take(() => source.take());
      if (piece !== null && !signal.aborted) yield { ...piece, to: cursorOf(sources, aliases.length) };
    }
  } finally {
    signal.removeEventListener("abort", growth.wake);
    growth.close();
    await Promise.all(sources.map((source) => source.close()));
  }
}

/** The source whose next piece is the oldest; `null` if none has one. */
async function newest(sources: readonly FollowedSource[]): Promise<FollowedSource | null> {
  let first: FollowedSource | null = null;
  for (const source of sources) {
    if (!(await source.look())) continue;
    if (first === null || source.next < first.next) first = source;
  }
  return first;
}

/** The second half is told only once there is any separate stderr. */
function cursorOf(sources: readonly FollowedSource[], aliases: number): string {
  const isApart = sources.slice(aliases).some((source) => source.place.offset > 0);
  return formatCursor((isApart ? sources : sources.slice(0, aliases)).map(({ place }) => place));
}

/** Waits for any of several aliases to grow. Each is asked for anew only after it has grown. */
class GrowthOf {
  readonly #aliases: readonly string[];
  readonly #options: FollowOptions;
  readonly #tell: (alias: string) => void;
  readonly #asked = new Map<string, Cancel>();
  #woken = false;
  #wake: (() => void) | null = null;

  constructor(aliases: readonly string[], options: FollowOptions, tell: (alias: string) => void) {
    this.#aliases = aliases;
    this.#options = options;
    this.#tell = tell;
  }

  listen(): void {
    this.#woken = false;
    if (this.#asked.size === this.#aliases.length) return;
    for (const alias of this.#aliases) {
      if (this.#asked.has(alias)) continue;
      this.#asked.set(
        alias,
        this.#options.onGrowth(alias, () => {
          this.#asked.delete(alias);
          this.#tell(alias);
          this.wake();
        }),
      );
    }
  }

  /** Settles when one has grown since `listen`, or `wake` was called. */
  async happened(): Promise<void> {
    if (this.#woken) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly wake = (): void => {
    this.#woken = true;
    this.#wake?.();
  };

  close(): void {
    for (const cancel of this.#asked.values()) cancel();
    this.#asked.clear();
  }
}
