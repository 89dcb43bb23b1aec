/** How much is read and held at a time. In one place, so that tests can make it small. */
export interface Limits {
  /** A longer line comes in pieces of this size. */
  readonly lineBytes: number;
  /** How far before a place the beginnings of lines that end after it are looked for. */
  readonly lookBackBytes: number;
  /** What one source reads at a time, and all sources of a query together. */
  readonly batchBytes: number;
  readonly allBatchesBytes: number;
  /** The first stretch that is searched for the newest lines. */
  readonly tailBytes: number;
  /** How much a follower gets at a time: so much is in memory for each that does not read. */
  readonly pieceBytes: number;
  /** How far behind it may fall, and with how much it goes on then. */
  readonly behindBytes: number;
  readonly newestBytes: number;
}

export const LIMITS: Limits = {
  lineBytes: 64 << 10,
  lookBackBytes: 256 << 10,
  batchBytes: 256 << 10,
  allBatchesBytes: 16 << 20,
  tailBytes: 64 << 10,
  pieceBytes: 64 << 10,
  behindBytes: 4 << 20,
  newestBytes: 256 << 10,
};

const LEAST_BATCH = 8 << 10;

/** What each of so many sources may read at a time. */
export function batchFor(limits: Limits, sources: number): number {
  const share = Math.floor(limits.allBatchesBytes / Math.max(1, sources));
  return Math.min(limits.batchBytes, Math.max(share, LEAST_BATCH));
}
