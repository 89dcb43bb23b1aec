/** A supervisor over a fake clock, fake processes and users that all exist. */
import type { FactBody } from "../../src/domain/fact.ts";
import type { Users } from "../../src/domain/ports.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { FakeClock } from "./clock.ts";
import { FakeEngine } from "./engine.ts";

const users: Users = {
  resolve: async (user) =>
    user === "nobody-here" ? new Error("there is no such user") : { uid: 1, gid: 1, account: null },
};

export function fakeSupervisor() {
  const clock = new FakeClock();
  const engine = new FakeEngine();
  const facts: FactBody[] = [];
  let runs = 0;
  const supervisor = new Supervisor({
    clock,
    engine,
    users,
    publish: (fact) => facts.push(fact),
    newRunId: () => `run${++runs}`,
    random: () => 0.5,
  });
  const state = (name: string, index = 0) => supervisor.get(name).instances[index]?.state.kind;
  return { supervisor, clock, engine, facts, state };
}

/** Lets what was queued in this turn happen. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
