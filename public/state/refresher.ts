/** Turns many "this changed" into few requests: one at a time, at most four a second. */

const PAUSE_MS = 250;
const MANY = 3;

export type Refresher = {
  one: (name: string) => void;
  all: () => void;
  /** The task is gone: nothing is to be read of it, until somebody asks again. */
  forget: (name: string) => void;
};

/** `readOne` and `readAll` fetch and keep; their failures are theirs to tell. */
export function createRefresher(
  readOne: (name: string) => Promise<void>,
  readAll: () => Promise<void>,
): Refresher {
  const names = new Set<string>();
  let everything = false;
  let busy = false;

  const run = async () => {
    while (everything || names.size > 0) {
      const changed = [...names];
      const whole = everything || changed.length > MANY;
      names.clear();
      everything = false;
      await (whole ? readAll() : Promise.all(changed.map(readOne)));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    busy = false;
  };
  const start = () => {
    if (busy) return;
    busy = true;
    // A fact seldom comes alone: wait for those that come with it.
    queueMicrotask(() => void run());
  };

  return {
    one: (name) => {
      names.add(name);
      start();
    },
    all: () => {
      everything = true;
      start();
    },
    forget: (name) => {
      names.delete(name);
    },
  };
}
