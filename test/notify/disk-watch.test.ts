/** The look at the disks, on a fake clock. */
import { expect, test } from "bun:test";
import type { FactBody } from "../../src/domain/fact.ts";
import { watchDisks } from "../../src/notify/disk-watch.ts";
import { FakeClock } from "../fakes/clock.ts";
import { turn } from "../fakes/supervisor.ts";
import { until } from "../helpers/until.ts";

const GB = 1 << 30;

test("little room is told once, and enough of it again", async () => {
  const clock = new FakeClock();
  const told: FactBody["kind"][] = [];
  let free = 50 * GB;
  const cancel = watchDisks({
    paths: ["/data"],
    clock,
    publish: ({ kind }) => told.push(kind),
    look: async () => ({ free, total: 100 * GB }),
  });
  const minuteWith = async (bytes: number) => {
    free = bytes;
    clock.advance(60_000);
    await turn();
    return told.splice(0);
  };
  expect(await minuteWith(50 * GB)).toEqual([]);
  expect(await minuteWith(2 * GB)).toEqual([]);
  expect(await minuteWith(GB - 1)).toEqual(["disk.low"]);
  expect(await minuteWith(GB / 2)).toEqual([]);
  expect(await minuteWith(GB + 1)).toEqual([]);
  expect(await minuteWith(2 * GB)).toEqual(["disk.recovered"]);
  cancel();
  expect(await minuteWith(0)).toEqual([]);
});

test("a disk that cannot be looked at is nobody's trouble", async () => {
  const clock = new FakeClock();
  const told: FactBody[] = [];
  const publish = (fact: FactBody) => void told.push(fact);
  let looks = 0;
  const at = clock.at.bind(clock);
  clock.at = (mono, callback) => {
    looks++;
    return at(mono, callback);
  };
  const cancel = watchDisks({ paths: ["/no/such/folder"], clock, publish });
  clock.advance(60_000);
  await until(() => looks === 2, "it has looked, and will again");
  cancel();
  expect(told).toEqual([]);
});
