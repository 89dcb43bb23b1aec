/** What waits to be written, and what was given up of it. */

/** How much was given up while nothing could be written. */
export interface Lost {
  readonly facts: number;
  readonly runs: number;
}

/** One write. It may be done again. */
export interface Write {
  /** What it is about, for a person: without any value. */
  describe(): string;
  perform(): void;
  /** It is on disk, or never will be. */
  done(): void;
}
