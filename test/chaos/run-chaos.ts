/** Rounds of chaos, ten to a data directory. The same seed makes the same plan; what comes of it, the system decides. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Random } from "./random.ts";
import { type Round, Stage } from "./stage.ts";

const ROUNDS_OF_STAGE = 10;

export interface ChaosOptions {
  readonly executable: readonly string[];
  /** An empty folder; what is in it at a failure is left for a look. */
  readonly folder: string;
  readonly rounds: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}

/** Ends what it has started, also if it throws. Returns the totals. */
export async function runChaos(options: ChaosOptions): Promise<string> {
  const { rounds, seed, report } = options;
  const begin = performance.now();
  const all: Round[] = [];
  for (let first = 1; first <= rounds; first += ROUNDS_OF_STAGE) {
    const last = Math.min(rounds, first + ROUNDS_OF_STAGE - 1);
    const stage = new Stage(join(options.folder, `stage-${first}`), options.executable);
    const [signal, onSignal] = [
      ["SIGINT", "SIGTERM"] as const,
      () => void stage.host.end().then(() => process.exit(130)),
    ];
    for (const each of signal) process.once(each, onSignal);
    try {
      await stage.begin();
      for (let number = first; number <= last; number++) {
        const start = performance.now();
        const round = await stage.round(new Random(seed * 1_000_003 + number));
        all.push(round);
        report(`round ${number}/${rounds}: ${lineOf(round)}, ${seconds(start)}`);
      }
      await stage.finish();
    } catch (error) {
      const place = `round ${all.length + 1} of --seed ${seed}`;
      throw new Error(`${place}: ${error instanceof Error ? error.message : error}`, { cause: error });
    } finally {
      for (const each of signal) process.off(each, onSignal);
      await stage.host.end();
    }
    rmSync(stage.host.folder, { recursive: true });
  }
  const sum = (value: (round: Round) => number) => all.reduce((total, round) => total + value(round), 0);
  const kills = all.length + sum((round) => round.killedStarts);
  return (
    `${all.length} rounds, seed ${seed}: ${kills} kills, ${sum((round) => round.lived)} processes lived over them, ` +
    `${(sum((round) => round.lines) / 1e6).toFixed(1)} million lines (${mebibytes(sum((round) => round.bytes))}), ` +
    `none missing and none twice, ${sum((round) => round.cuts)} cut by a kill at the end of their run, ${seconds(begin)}`
  );
}

function lineOf({ workMs, killedStarts, lived, ended, runs, lines, bytes }: Round): string {
  const again = killedStarts === 0 ? "" : ` and ${killedStarts}× while starting`;
  return `killed after ${workMs} ms${again}, ${lived} lived over it, ${ended} ended, ${runs} runs, ${lines} lines (${mebibytes(bytes)})`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
