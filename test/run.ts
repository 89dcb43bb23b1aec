/**
 * What CI runs and what a person runs: types, lint, format, build with its smoke, tests. Stops at the first step that
 * fails, and ends with one line that counts the tests.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const folder = await mkdtemp(join(tmpdir(), "meproc-test-"));
const report = join(folder, "junit.xml");
const bun = process.execPath;
const FORMATTED = ["src", "public", "test", "conf", "build.ts", "package.json", "tsconfig.json"];

const STEPS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["types", [bun, "check"]],
  ["lint", [bun, "run", "lint"]],
  ["format", [bun, "fmt", "--check", ...FORMATTED]],
  ["build", [bun, "build.ts"]],
  [
    "tests",
    [bun, "test", "--parallel=2", "--timeout=30000", "--reporter=junit", `--reporter-outfile=${report}`],
  ],
];

for (const [name, command] of STEPS) {
  process.stdout.write(`\n── ${name}\n`);
  const started = performance.now();
  const { exited } = Bun.spawn([...command], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const code = await exited;
  process.stdout.write(`── ${name}: ${code === 0 ? "fine" : "FAILED"}, ${seconds(started)}\n`);
  if (code !== 0) await finish(1);
}
await finish(0);

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

async function finish(code: number): Promise<never> {
  const { passed, failed, skipped } = await count();
  const wrong = code !== 0 && failed === 0 ? 1 : failed;
  process.stdout.write(`\n${passed} passed, ${wrong} failed, ${skipped} skipped\n`);
  await rm(folder, { recursive: true });
  process.exit(code);
}

/** The totals of the JUnit report; zeros if it came to no test. */
async function count(): Promise<{ passed: number; failed: number; skipped: number }> {
  const xml = await readFile(report, "utf8").catch(() => "");
  const head = /<testsuites ([^>]*)>/.exec(xml)?.[1] ?? "";
  const total = (name: string) => Number(new RegExp(`${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = total("failures") + total("errors");
  const skipped = total("skipped");
  return { passed: total("tests") - failed - skipped, failed, skipped };
}
