import { expect, test } from "bun:test";
import { StartQueue } from "../../src/spawn/start-queue.ts";

/** Settles when the loop has had a turn. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function makeQueue() {
  const log: string[] = [];
  const queue = new StartQueue(() => log.push("commit"));
  return { log, add: (name: string) => queue.add(() => log.push(name)), queue };
}

test("what is asked for in one turn is committed once, before the first of it is started", async () => {
  const { log, add } = makeQueue();
  for (const name of ["a", "b", "c"]) add(name);
  expect(log).toEqual([]);
  await turn();
  expect(log).toEqual(["commit", "a", "b", "c"]);
});

test("what a start asks for is committed before it is started", async () => {
  const { log, add, queue } = makeQueue();
  queue.add(() => {
    log.push("a");
    add("b");
  });
  await turn();
  expect(log).toEqual(["commit", "a"]);
  await turn();
  expect(log).toEqual(["commit", "a", "commit", "b"]);
});

test("a burst is divided into turns, and each is committed before its first start", async () => {
  const { log, add, queue } = makeQueue();
  const busy = (name: string) => () => {
    const end = performance.now() + 5;
    while (performance.now() < end);
    log.push(name);
  };
  for (const name of ["a", "b"]) queue.add(busy(name));
  await turn();
  expect(log).toEqual(["commit", "a"]);
  add("c");
  await turn();
  expect(log).toEqual(["commit", "a", "commit", "b"]);
  await turn();
  expect(log).toEqual(["commit", "a", "commit", "b", "commit", "c"]);
});
