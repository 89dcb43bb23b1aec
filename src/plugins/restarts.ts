/** How a companion that has ended is started again: with growing pauses, and not for ever. Pure. */

const FIRST_MS = 100;
const MAX_MS = 60_000;
/** Who has lived so long begins anew. */
const SOUND_MS = 60_000;

export type Next =
  | { readonly kind: "again"; readonly delayMs: number; readonly streak: number }
  | { readonly kind: "give_up"; readonly reason: string };

/** `streak` restarts came before this end, of a process that lived for `livedMs`. `max` is `null` for never giving up. */
export function afterEnd(streak: number, livedMs: number, max: number | null, reason: string): Next {
  const before = livedMs >= SOUND_MS ? 0 : streak;
  if (max !== null && before >= max) {
    const times = max === 1 ? "1 restart" : `${max} restarts`;
    return { kind: "give_up", reason: max === 0 ? reason : `gave up after ${times}; last: ${reason}` };
  }
  return { kind: "again", delayMs: Math.min(MAX_MS, FIRST_MS * 2 ** before), streak: before + 1 };
}
