/** A time zone: how far its clocks are ahead, and when they are set. Times are Unix ms, offsets ms. */
const NS_PER_MS = 1e6;

/** A time in which nobody sets the clocks. */
export interface Period {
  /** How far the clocks are ahead of UTC. */
  readonly offset: number;
  /** When they were set, and how far ahead they were until then; `null` if they never were. */
  readonly begin: { readonly at: number; readonly offset: number } | null;
  /** When they are set next; Infinity for never. */
  readonly end: number;
}

export class Zone {
  readonly #name: string;
  /** The one that was asked for last: mostly it is the next as well. */
  #known: Period | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  /** The period in which a moment lies. */
  periodOf(at: number): Period {
    const known = this.#known;
    if (known !== null && at >= (known.begin?.at ?? -Infinity) && at < known.end) return known;
    const begin = this.#at(at + 1).getTimeZoneTransition("previous")?.epochMilliseconds;
    this.#known = {
      offset: this.#offset(at),
      begin: begin === undefined ? null : { at: begin, offset: this.#offset(begin - 1) },
      end: this.#at(at).getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity,
    };
    return this.#known;
  }

  #offset(at: number): number {
    return Math.round(this.#at(at).offsetNanoseconds / NS_PER_MS);
  }

  #at(ms: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(this.#name);
  }
}

export function localTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Why `name` is no time zone, or `null` if it is one. */
export function zoneProblem(name: string): string | null {
  try {
    new Zone(name).periodOf(0);
    return null;
  } catch {
    // RangeError: the one thing that can be wrong with a name
    return "expected an IANA name such as Europe/Berlin, or UTC";
  }
}
