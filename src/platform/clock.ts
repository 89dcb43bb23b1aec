/** The real clock. Long waits are cut into shorter ones, for timers end at 2^31 ms. */
import type { Moment } from "../domain/instance.ts";
import type { Cancel, Clock } from "../domain/ports.ts";
import { WallWatch } from "./wall-watch.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = clockOf(() => ({ mono: performance.now(), wall: Date.now() }));

/** A clock that goes by what `now` says. */
export function clockOf(now: () => Moment): Clock {
  const wallWatch = new WallWatch(now);
  return {
    now,
    at: (mono, callback) => waitFor(() => mono - now().mono, callback).cancel,
    atWall: (wall, callback) => {
      const cancel = () => {
        wait.cancel();
        cancelWatch();
      };
      const end = () => {
        cancel();
        callback();
      };
      const wait = waitFor(() => wall - now().wall, end);
      const cancelWatch = wallWatch.watch(wait.again);
      return cancel;
    },
    whenSet: (callback) => wallWatch.watch(callback),
  };
}

/** `again` is to be called when what remains is no longer what it was. */
function waitFor(remaining: () => number, callback: () => void): { cancel: Cancel; again: () => void } {
  let timer: Timer;
  const arm = () => {
    timer = setTimeout(look, Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(remaining()))));
  };
  const look = () => {
    if (remaining() > 0) arm();
    else callback();
  };
  const cancel = () => clearTimeout(timer);
  const again = () => {
    cancel();
    look();
  };
  arm();
  return { cancel, again };
}
