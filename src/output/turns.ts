/**
 * Where bytes pass through the event loop, what was written before now has been taken when the loop has polled for
 * readable descriptors a few times with nothing else in between.
 */
const TURNS = 8;
const PAUSE_MS = 2;

export async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Bun.sleep(PAUSE_MS);
}
