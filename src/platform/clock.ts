/** The real clock. Long waits are cut into shorter ones: timers end at 2^31 ms, and the wall clock may be set. */
import type { Moment } from "../domain/instance.ts";
import type { Cancel, Clock } from "../domain/ports.ts";
import { WallWatch } from "./wall-watch.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How long a wait for a wall time goes without a look at the wall clock. */
const LOOK_MS = 30_000;

const now = (): Moment => ({ mono: performance.now(), wall: Date.now() });
const wallWatch = new WallWatch(now);

export const systemClock: Clock = {
  now,
  at: (mono, callback) => waitFor(() => mono - performance.now(), LONGEST_TIMER_MS, callback),
  atWall: (wall, callback) => waitFor(() => wall - Date.now(), LOOK_MS, callback),
  whenSet: (callback) => wallWatch.watch(callback),
};

function waitFor(remaining: () => number, longest: number, callback: () => void): Cancel {
  let timer: Timer;
  const arm = () => {
    timer = setTimeout(look, Math.min(longest, Math.max(0, Math.ceil(remaining()))));
  };
  const look = () => {
    if (remaining() > 0) arm();
    else callback();
  };
  arm();
  return () => clearTimeout(timer);
}
