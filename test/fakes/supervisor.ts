/** A supervisor over a fake clock, fake processes, a history in memory and users that all exist. */
import type { FactBody } from "../../src/domain/fact.ts";
import type { Commands, History, LimitsCheck, Users } from "../../src/domain/ports.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { FakeClock } from "./clock.ts";
import { FakeEngine } from "./engine.ts";
import { FakeHistory } from "./history.ts";
import { FakeLines, FakeProber, FakeWatcher } from "./monitors.ts";

const everybody: Users = {
  resolve: async (user) =>
    user === "nobody-here" ? new Error("there is no such user") : { uid: 1, gid: 1, account: null },
};
let runs = 0;

export interface World {
  readonly clock: FakeClock;
  readonly engine: FakeEngine;
  readonly history: FakeHistory;
  readonly random?: () => number;
  readonly commands?: Commands;
  readonly limits?: LimitsCheck;
  readonly users?: Users;
  /** In place of the one in memory. */
  readonly store?: History;
}

/** With the world of an earlier one, it is the service that comes after that was killed. */
export function fakeSupervisor(world: Partial<World> = {}) {
  const clock = world.clock ?? new FakeClock();
  const engine = world.engine ?? new FakeEngine();
  const history = world.history ?? new FakeHistory();
  const prober = new FakeProber();
  const lines = new FakeLines();
  const watcher = new FakeWatcher();
  const facts: FactBody[] = [];
  const supervisor = new Supervisor({
    clock,
    engine,
    history: world.store ?? history,
    users: world.users ?? everybody,
    ...(world.commands === undefined ? {} : { commands: world.commands }),
    ...(world.limits === undefined ? {} : { limits: world.limits }),
    prober,
    lines,
    watcher,
    mainTask: null,
    publish: (fact) => facts.push(fact),
    newRunId: () => `run${String(++runs).padStart(6, "0")}`,
    random: world.random ?? (() => 0.5),
  });
  const state = (name: string, index = 0) => supervisor.get(name).instances[index]?.state.kind;
  /** The service is killed, and another one comes, whose configuration has changed the tasks of `changed`. */
  const killed = (...changed: string[]) => {
    engine.orphanAll();
    clock.forget();
    const next = fakeSupervisor({ clock, engine, history });
    next.supervisor.restore((task) => changed.includes(task.name));
    return next;
  };
  return { supervisor, clock, engine, history, prober, lines, watcher, facts, state, killed };
}

/** Lets what was queued in this turn happen. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
