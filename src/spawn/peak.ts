/** What the system tells of a process that has ended. */
import type { Usage } from "../domain/run.ts";

export const NO_USAGE: Usage = { max_rss_bytes: null, cpu_ms: null };

/**
 * On Linux a child begins with the peak of the service that spawned it, as the two share their memory until it becomes
 * another program: up to that nothing is known of its own.
 */
export function usageOf(usage: Bun.ResourceUsage | undefined, inheritedPeak: number): Usage {
  if (usage === undefined) return NO_USAGE;
  const cpu_ms = Math.round(Number(usage.cpuTime.total) / 1000);
  return { max_rss_bytes: usage.maxRSS > inheritedPeak ? usage.maxRSS : null, cpu_ms };
}

/** The service's own peak, in bytes. */
export function ownPeak(): number {
  return process.platform === "linux" ? process.resourceUsage().maxRSS * 1024 : 0;
}
