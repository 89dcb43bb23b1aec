import { expect, test } from "bun:test";
import type { FactBody } from "../../src/domain/fact.ts";
import { Losses } from "../../src/output/losses.ts";
import { FakeClock } from "../fakes/clock.ts";

function makeLosses() {
  const clock = new FakeClock();
  const facts: FactBody[] = [];
  return { clock, facts, losses: new Losses(clock, (fact) => facts.push(fact)) };
}
const lost = (alias: string, bytes: number, reason = "disk full") => ({
  kind: "output.lost",
  task: alias.split(":")[0],
  alias,
  index: Number(alias.split(":")[1] ?? 0),
  bytes,
  reason,
});

test("a loss is told at once, and what follows every five seconds", () => {
  const { clock, facts, losses } = makeLosses();
  for (let i = 0; i < 1000; i++) losses.report("web:3", 10, "disk full");
  expect(facts).toEqual([lost("web:3", 10)] as never);
  clock.advance(5000);
  expect(facts.slice(1)).toEqual([lost("web:3", 9990)] as never);
  expect(losses.trouble()).toBe("web:3: disk full");
  clock.advance(5000);
  expect([facts.length, losses.trouble()]).toEqual([2, null]);
  losses.report("web:3", 5, "read-only");
  expect(facts[2]).toEqual(lost("web:3", 5, "read-only") as never);
});

test("each alias is told of for itself, also that of no task", () => {
  const { facts, losses } = makeLosses();
  losses.report("web:0", 1, "disk full");
  losses.report("bootstrap", 2, "disk full");
  expect(facts).toEqual([lost("web:0", 1), lost("bootstrap", 2)] as never);
});

test("at the end nothing is left untold", () => {
  const { clock, facts, losses } = makeLosses();
  for (const bytes of [1, 2, 3]) losses.report("web:0", bytes, "disk full");
  losses.close();
  clock.advance(60_000);
  expect(facts).toEqual([lost("web:0", 1), lost("web:0", 5)] as never);
});
