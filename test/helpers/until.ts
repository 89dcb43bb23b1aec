/** The one wait of the tests: for a condition, looked at often, and given up on after a while. */
const CAP_MS = 10_000;
const LOOK_MS = 5;

/** Returns the first value of `condition` that is neither false, null nor undefined; throws `what` after 10 s. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  capMs = CAP_MS,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + capMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined)
      return value as Exclude<T, false | null | undefined>;
    if (performance.now() > end) throw new Error(`Waited ${capMs} ms in vain until ${what}`);
    await Bun.sleep(LOOK_MS);
  }
}
