/** What facts say beside what happened: from which state to which, why, and who was behind it. */
import { expect, test } from "bun:test";
import type { FactBody } from "../../src/domain/fact.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

/** `kind: from → to by actor (reason)`, as far as the fact says. */
function brief(fact: FactBody): string {
  const move = "from" in fact && fact.from !== undefined ? ` ${fact.from} → ${fact.to}` : "";
  const actor = "actor" in fact && fact.actor !== undefined ? ` by ${fact.actor}` : "";
  const reason = "reason" in fact && fact.reason ? ` (${fact.reason})` : "";
  return fact.kind + move + actor + reason;
}

test("a daemon's life from its definition to its stop", async () => {
  const { supervisor, engine, clock, facts } = fakeSupervisor();
  const [instance] = (await supervisor.define({ name: "a", cmd: "x", type: "daemon", interval: 10 }))
    .instances;
  await turn();
  engine.one("a").exit(3);
  clock.advance(10);
  await turn();
  const stopped = instance?.stop("alice");
  clock.advance(10_000);
  engine.one("a").die("SIGKILL");
  await stopped;
  const told = facts.filter(({ kind }) => kind.startsWith("instance.") || kind === "run.started");
  expect(told.map(brief)).toEqual([
    "run.started starting → running by api",
    "instance.backoff running → backoff by policy (exit code 3)",
    "run.started starting → running by policy",
    "instance.stopping running → stopping by alice",
    "instance.killing stopping → stopping by alice",
    "instance.stopped stopping → stopped by alice",
  ]);
});

test("a run of a schedule is the schedule's, and the end of one that takes too long its policy's", async () => {
  const { supervisor, engine, clock, facts } = fakeSupervisor();
  const schedule = { timeout_ms: 1000 };
  await supervisor.define({ name: "a", cmd: "x", type: "cron", cron: "* * * * *", schedule });
  clock.advance(60_000);
  await turn();
  clock.advance(1000);
  engine.one("a").exit(0);
  const told = facts.filter(({ kind }) => kind === "run.started" || kind === "instance.stopping");
  expect(told.map(brief)).toEqual([
    "run.started starting → running by schedule",
    "instance.stopping running → stopping by policy (it ran for longer than 1 s)",
  ]);
});
