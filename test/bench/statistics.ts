/** Order statistics of samples. */

/** The smallest sample that at least `share` (0 to 1) of all do not exceed; NaN of none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** `n=50 min 1.2 p99 3.4`, to stand beside a median. */
export function spread(samples: readonly number[]): string {
  const [least, p99] = [quantile(samples, 0), quantile(samples, 0.99)].map((value) => value.toPrecision(3));
  return `n=${samples.length} min ${least} p99 ${p99}`;
}
