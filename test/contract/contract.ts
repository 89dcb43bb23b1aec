/** What the rows of the contract are given. */
import type { LegacyClient } from "../helpers/legacy-client.ts";

export interface Target {
  readonly baseUrl: string;
  readonly close: () => Promise<void>;
}

export interface Contract {
  readonly baseUrl: string;
  readonly client: LegacyClient;
  /** For gates, scripts and what processes write. */
  readonly folder: string;
  /** A name that no other test uses; the suite removes the tasks of these names. */
  readonly unique: (word: string) => string;
}

export const OK = { msg: "OK", code: 200 } as const;
/** A command that does not end by itself within a test. */
export const LONG = "sleep 600";
