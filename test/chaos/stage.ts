/** One data directory and the rounds on it: work, a kill -9 at a random moment, a start, and a look at everything. */
import { Database } from "bun:sqlite";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fifosOf } from "../helpers/fifos.ts";
import { marked, procFile } from "../helpers/processes.ts";
import { type Life, soundCensus } from "./census.ts";
import { Host } from "./host.ts";
import { Operator } from "./operator.ts";
import {
  type Ended,
  type Excuses,
  type Scene,
  assertAdopted,
  looksAt,
  settle,
  silenceProblem,
  tailProblem,
} from "./order.ts";
import { OutputCheck } from "./output-check.ts";
import { endsByItself, population } from "./population.ts";
import type { Random } from "./random.ts";
import { Violation } from "./violation.ts";

/** Milliseconds: until the kill, between two requests, until the kill of a service that is starting, without a service. */
const WORK_MS = 900;
const PAUSE_MS = 60;
const START_MS = 160;
const AWAY_MS = 200;
/** How long before the kill the flood begins, at most. */
const FLOOD_MS = 400;
const OPERATORS = 3;

export interface Round {
  readonly workMs: number;
  readonly killedStarts: number;
  readonly lived: number;
  readonly ended: number;
  readonly runs: number;
  readonly lines: number;
  readonly bytes: number;
  readonly cuts: number;
}

export class Stage implements Scene {
  readonly host: Host;
  readonly members;
  readonly operator: Operator;
  readonly output: OutputCheck;
  readonly #flood: string;
  /** Runs that have ended and whose output has been looked at. */
  readonly #settled = new Set<string>();
  /** Runs whose end the present service has not seen. */
  #unseen: ReadonlySet<string> = new Set();
  readonly #victims = new Set<string>();

  constructor(folder: string, executable: readonly string[]) {
    this.#flood = join(folder, "flood");
    this.members = population(this.#flood);
    this.host = new Host(folder, executable);
    this.operator = new Operator(this.host, this.members);
    this.output = new OutputCheck(this.host.logDir);
  }

  async begin(): Promise<void> {
    this.host.launch();
    await this.host.ready();
    await this.operator.defineAll();
    await settle(looksAt(this));
  }

  async round(random: Random): Promise<Round> {
    const { lines, bytes, cuts } = this.output;
    const workMs = random.below(WORK_MS);
    await this.#workUntilKilled(random, workMs);
    const { cutOff } = this.operator;
    const seen = [this.#lookWhileAway(cutOff)];
    this.#killSome(random, seen[0] ?? []);
    const killedStarts = random.below(3);
    for (let i = 0; i < killedStarts; i++) {
      await Bun.sleep(random.below(AWAY_MS));
      this.host.launch();
      await Bun.sleep(random.below(START_MS));
      await this.host.kill();
      seen.push(this.#lookWhileAway(cutOff));
    }
    await Bun.sleep(random.below(AWAY_MS));
    rmSync(this.#flood, { force: true });
    const { lived, ended } = await this.#comeBack(seen, cutOff);
    const runs = await this.#check();
    await this.#workOnAdopted(random);
    return {
      workMs,
      killedStarts,
      lived,
      ended,
      runs,
      lines: this.output.lines - lines,
      bytes: this.output.bytes - bytes,
      cuts: this.output.cuts - cuts,
    };
  }

  /** Stops the service; nothing of it may be left. */
  async finish(): Promise<void> {
    const code = await this.host.stop();
    if (code !== 0) throw new Violation(`the service stopped with ${code}`);
    const left = marked(this.host.folder);
    if (left.length > 0) throw new Violation(`processes are left after the stop: ${left.join(" ")}`);
    const fifos = fifosOf(this.host.dataDir);
    if (fifos.length > 0) throw new Violation(`FIFOs are left after the stop: ${fifos.join(" ")}`);
    this.#assertClosed();
    this.output.assertWhole();
    this.host.assertNoFault();
  }

  get #excuses(): Excuses {
    return { victims: this.#victims, unseen: this.#unseen };
  }

  #assertClosed(): void {
    const database = new Database(join(this.host.dataDir, "meproc.db"), { readonly: true });
    const open = database.query("SELECT * FROM runs WHERE ended_at IS NULL").all();
    const ended = database.query<Ended, []>("SELECT id, alias, result, exit_signal FROM runs").all();
    const service = database
      .query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'service'")
      .get();
    database.close();
    if (open.length > 0) throw new Violation(`runs are open after the stop: ${JSON.stringify(open)}`);
    const unheard = tailProblem(
      ended.filter(({ id }) => !this.#settled.has(id)),
      this.output,
      this.#excuses,
    );
    if (unheard !== null) throw new Violation(unheard);
    const cgroups = cgroupsOf(service?.value ?? "");
    if (cgroups.length > 0) throw new Violation(`cgroups are left after the stop: ${cgroups.join(" ")}`);
  }

  async #workUntilKilled(random: Random, workMs: number): Promise<void> {
    const floodMs = random.below(FLOOD_MS);
    const working = Array.from({ length: OPERATORS }, () => this.#operate(random));
    const done = Promise.all(working);
    const all = (async () => {
      await Bun.sleep(Math.max(0, workMs - floodMs));
      writeFileSync(this.#flood, "");
      await Bun.sleep(Math.min(workMs, floodMs));
      await this.host.kill();
    })();
    await Promise.all([all, done]);
  }

  async #operate(random: Random): Promise<void> {
    while (!this.host.killed) {
      await Bun.sleep(random.below(PAUSE_MS));
      if (this.host.killed || !(await this.operator.act(random))) return;
      soundCensus(this.host.folder);
    }
  }

  /** While there is no service: where its output ends is noted, and what was stopped or removed, and answered, does not live. */
  #lookWhileAway(cutOff: ReadonlySet<string>): Life[] {
    this.output.serviceKilled();
    const lives = soundCensus(this.host.folder);
    const wrong = lives.find(({ task }) => !cutOff.has(task) && this.operator.wish(task) !== "running");
    if (wrong !== undefined) throw new Violation(`it should not live: ${JSON.stringify(wrong)}`);
    return lives;
  }

  #killSome(random: Random, lives: readonly Life[]): void {
    while (random.chance(0.4)) {
      const victim = random.pick(lives);
      if (victim === undefined || this.#victims.has(victim.run)) return;
      this.#victims.add(victim.run);
      process.kill(victim.pid, "SIGKILL");
    }
  }

  async #comeBack(
    seen: readonly Life[][],
    cutOff: ReadonlySet<string>,
  ): Promise<{ lived: number; ended: number }> {
    this.host.launch();
    await this.host.ready();
    const runs = await this.host.runs();
    this.#unseen = new Set(runs.filter(({ ended_at }) => ended_at !== null).map(({ id }) => id));
    const tasks = await this.host.tasks();
    const brief = new Set(this.members.filter(endsByItself).map(({ name }) => name));
    const excused = ({ task, run }: Life) => brief.has(task) || cutOff.has(task) || this.#victims.has(run);
    const before = [...new Map(seen.flat().map((life) => [life.run, life])).values()];
    const lived = assertAdopted(before, excused, tasks, this.host.folder);
    this.operator.compare(tasks);
    return { lived, ended: before.length - lived };
  }

  async #check(): Promise<number> {
    await settle(looksAt(this));
    const runs = await this.host.runs();
    const ended = runs.filter(({ id, ended_at }) => ended_at !== null && !this.#settled.has(id));
    await settle(async () => tailProblem(ended, this.output, this.#excuses));
    for (const { id } of ended) this.#settled.add(id);
    const open = runs.filter(({ ended_at }) => ended_at === null).map(({ id }) => id);
    const reached = new Map(open.map((run) => [run, this.output.progress(run)?.last ?? 0]));
    await settle(async () => silenceProblem(open, reached, this));
    this.host.assertNoFault();
    return runs.length;
  }

  /** Stop and restart work on what was taken over, and the log has what is printed then. */
  async #workOnAdopted(random: Random): Promise<void> {
    await this.operator.restart(random);
    for (let i = 0; i < 3; i++) await this.operator.act(random);
    await this.#check();
  }
}

/** The service makes its groups below its own, which is ours. */
function cgroupsOf(service: string): string[] {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(procFile(process.pid, "mounts"))?.[1];
  const own = /^0::(.*)$/m.exec(procFile(process.pid, "cgroup"))?.[1];
  if (mount === undefined || own === undefined) return [];
  const path = join(mount, own, `meproc-${service}`);
  return existsSync(path)
    ? [
        path,
        ...readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => name),
      ]
    : [];
}
