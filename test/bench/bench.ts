/**
 * The benchmark of the built executable: `bun test/bench/bench.ts [--only name]… [--json file] [--executable file]`.
 * It ends with 1 if a floor is not met. Loopback only; each measure starts services of its own and ends them.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { boot } from "./boot.ts";
import { burst } from "./burst.ts";
import { crashLoop } from "./crash-loop.ts";
import { flood } from "./flood.ts";
import { idle } from "./idle.ts";
import { many } from "./many.ts";
import { output } from "./output.ts";
import { plugins } from "./plugins.ts";
import { read } from "./read.ts";
import { type Bench, type Measurement, isMet, jsonOf, tableOf } from "./report.ts";
import { restart } from "./restart.ts";
import { endAll } from "./service.ts";
import { start } from "./start.ts";

const BENCHES: readonly Bench[] = [
  boot,
  start,
  restart,
  burst,
  crashLoop,
  output,
  flood,
  read,
  many,
  plugins,
  idle,
];
const BUILT = join(import.meta.dir, "../../dist/meproc");

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    json: { type: "string" },
    executable: { type: "string", default: BUILT },
  },
});

const benches = chosen(values.only ?? BENCHES.map(({ name }) => name));
if (!existsSync(values.executable))
  exitWith(`${values.executable} does not exist; \`bun run build\` makes it`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void endAll().then(() => process.exit(130)));
const measurements: Measurement[] = [];
for (const { name, run } of benches) {
  process.stderr.write(`${name} …\n`);
  measurements.push(...(await run(values.executable)));
}
process.stdout.write(tableOf(measurements));
if (values.json !== undefined) await Bun.write(values.json, jsonOf(measurements));
process.exit(measurements.every(isMet) ? 0 : 1);

function chosen(names: readonly string[]): Bench[] {
  return names.map((name) => {
    const bench = BENCHES.find((each) => each.name === name);
    return (
      bench ?? exitWith(`--only ${name}: expected one of ${BENCHES.map((each) => each.name).join(", ")}`)
    );
  });
}

function exitWith(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
