/**
 * The service is killed with -9 again and again under busy processes: `bun test/chaos/chaos.ts [--rounds 100] [--seed N]
 * [--executable file]`. It ends with 1, the seed and the folder at the first thing that must not be.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";

const BUILT = join(import.meta.dir, "../../dist/meproc");

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    executable: { type: "string", default: BUILT },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed))
  exitWith(2, "--rounds and --seed: expected integers");
if (!existsSync(values.executable))
  exitWith(2, `${values.executable} does not exist; \`bun run build\` makes it`);

const folder = mkdtempSync(join(tmpdir(), "meproc-chaos-"));
try {
  const report = (line: string) => void process.stdout.write(`${line}\n`);
  report(await runChaos({ executable: [resolve(values.executable)], folder, rounds, seed, report }));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  exitWith(1, `FAILED in ${message}\nWhat is left of it: ${folder}`);
}
rmSync(folder, { recursive: true });

function exitWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
