/** The look at the disks, on a fake clock. */
import { expect, test } from "bun:test";
import type { FactBody } from "../../src/domain/fact.ts";
import { watchDisks } from "../../src/notify/disk-watch.ts";
import { FakeClock } from "../fakes/clock.ts";

const GB = 1 << 30;

test("little room is told once, and enough of it again", () => {
  const clock = new FakeClock();
  const told: FactBody["kind"][] = [];
  let free = 50 * GB;
  const cancel = watchDisks({
    paths: ["/data"],
    clock,
    publish: ({ kind }) => told.push(kind),
    look: () => ({ free, total: 100 * GB }),
  });
  const minuteWith = (bytes: number) => {
    free = bytes;
    clock.advance(60_000);
    return told.splice(0);
  };
  expect(minuteWith(50 * GB)).toEqual([]);
  expect(minuteWith(2 * GB)).toEqual([]);
  expect(minuteWith(GB - 1)).toEqual(["disk.low"]);
  expect(minuteWith(GB / 2)).toEqual([]);
  expect(minuteWith(GB + 1)).toEqual([]);
  expect(minuteWith(2 * GB)).toEqual(["disk.recovered"]);
  cancel();
  expect(minuteWith(0)).toEqual([]);
});

test("a disk that cannot be looked at is nobody's trouble", () => {
  const clock = new FakeClock();
  const told: FactBody[] = [];
  const publish = (fact: FactBody) => void told.push(fact);
  const cancel = watchDisks({ paths: ["/no/such/folder"], clock, publish });
  clock.advance(60_000);
  cancel();
  expect(told).toEqual([]);
});
