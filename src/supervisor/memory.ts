/** Looks now and then how much memory a run's tree uses. Only for tasks that ask: it is the one thing that polls. */
import type { Cancel, Clock, TreeUsage } from "../domain/ports.ts";

const LOOK_MS = 5000;
const MIB = 1024 * 1024;

/** Calls back once, in words, when it is more than `limit` bytes. */
export function watchMemory(
  limit: number,
  usage: () => TreeUsage | null,
  clock: Clock,
  exceeded: (reason: string) => void,
): Cancel {
  let cancel: Cancel = () => undefined;
  const wait = () => {
    cancel = clock.at(clock.now().mono + LOOK_MS, look);
  };
  const look = () => {
    const used = usage()?.rss_bytes ?? 0;
    if (used <= limit) return wait();
    exceeded(`it used ${inMiB(used)} of memory, more than its ${inMiB(limit)}`);
  };
  wait();
  return () => cancel();
}

function inMiB(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`;
}
