/** The clock that the measured processes read too (`date +%s%N`), and waiting for what they do. */
import { dlopen, ptr } from "bun:ffi";

const CLOCK_REALTIME = 0;
const DEADLINE_MS = 30_000;
const LOOK_MS = 1;

const time = new BigInt64Array(2);
const bind = () => {
  return dlopen("libc.so.6", { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } }).symbols;
};
let libc: ReturnType<typeof bind> | null = null;

/** Milliseconds since 1970 with the nanoseconds behind the point, as far as a number holds them. */
export function realtime(): number {
  libc ??= bind();
  libc.clock_gettime(CLOCK_REALTIME, ptr(time));
  const [seconds = 0n, nanoseconds = 0n] = time;
  return Number(seconds) * 1e3 + Number(nanoseconds) / 1e6;
}

/** What `date +%s%N` printed, in the milliseconds of `realtime`. */
export const fromDate = (text: string): number => Number(text) / 1e6;

/** Asks until there is an answer. Throws after 30 s. */
export async function until<T>(what: string, ask: () => T | null | Promise<T | null>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${DEADLINE_MS} ms`);
    await Bun.sleep(LOOK_MS);
  }
}
