/** A plugin's state and what it has done, in words. */
import type { Plugin } from "../api/types.ts";
import type { Tone } from "../task/condition.ts";

const TONES: Record<Plugin["state"], Tone> = {
  running: "good",
  starting: "busy",
  stopping: "busy",
  stopped: "ended",
  disabled: "ended",
  backoff: "bad",
  failed: "bad",
};

export function pluginTone({ state }: Pick<Plugin, "state">): Tone {
  return TONES[state];
}

/** "12 events, 2 errors, 1 late, 5 dropped": what is nothing is left out. */
export function pluginCounts({ handled, errors, late, dropped }: Plugin): string {
  const events = handled === 1 ? "1 event" : `${handled} events`;
  const wrong = [
    errors > 0 && (errors === 1 ? "1 error" : `${errors} errors`),
    late > 0 && `${late} late`,
    dropped > 0 && `${dropped} dropped`,
  ];
  return [events, ...wrong.filter((each) => each !== false)].join(", ");
}
