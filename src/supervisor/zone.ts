/** A time zone: how far its clocks are ahead, and when that changes. Times are Unix ms, offsets ms. */
const MS_PER_NS = 1e-6;

export interface Shift {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

export class Zone {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** How far its clocks are ahead of UTC at a moment. */
  offset(at: number): number {
    return Math.round(this.#at(at).offsetNanoseconds * MS_PER_NS);
  }

  /** The first change after a moment. */
  nextShift(after: number): number | null {
    return this.#at(after).getTimeZoneTransition("next")?.epochMilliseconds ?? null;
  }

  /** The last change at a moment or before it. */
  lastShift(at: number): Shift | null {
    const shift = this.#at(at + 1).getTimeZoneTransition("previous")?.epochMilliseconds;
    if (shift === undefined) return null;
    return { at: shift, before: this.offset(shift - 1), after: this.offset(shift) };
  }

  #at(ms: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(this.name);
  }
}

export function localTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Why `name` is no time zone, or `null` if it is one. */
export function zoneProblem(name: string): string | null {
  try {
    new Zone(name).offset(0);
    return null;
  } catch {
    // RangeError: the one thing that can be wrong with a name
    return "expected an IANA name such as Europe/Berlin, or UTC";
  }
}
