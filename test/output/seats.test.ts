import { expect, test } from "bun:test";
import { Seats } from "../../src/output/reading/seats.ts";

test("no more are at work than there are seats, each gets its turn in the order of coming, also after a failure", async () => {
  const seats = new Seats(2);
  const [begun, ends]: [number[], PromiseWithResolvers<void>[]] = [[], []];
  const works = [0, 1, 2, 3].map((each) => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return seats.take(async () => {
      begun.push(each);
      await end.promise;
      return each;
    });
  });
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error("broken"));
  expect(works[1]).rejects.toThrow("broken");
  await works[1]?.catch(() => undefined);
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  expect(await Promise.all([works[0], works[2], works[3]])).toEqual([0, 2, 3]);
  expect(await seats.take(async () => "free again")).toBe("free again");
});
