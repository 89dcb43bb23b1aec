/** Whatever was written, filled, compressed, removed and killed: a query gives what a plain list would. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { OutputLine, OutputQuery } from "../../src/domain/output.ts";
import { linesOf } from "../../src/output/reading/block.ts";
import { LIMITS } from "../../src/output/reading/limits.ts";
import { runQuery } from "../../src/output/reading/run-query.ts";
import { makeSieve } from "../../src/output/reading/sieve.ts";
import { ModelLog, expected } from "./log-model.ts";

const START = Date.UTC(2026, 0, 5, 22);
const limits = { ...LIMITS, lineBytes: 16, batchBytes: 24, tailBytes: 8, lookBackBytes: 1 << 20 };
const RUNS = [1, 2, 3].map((n) => `019b0000-0000-7000-8000-00000000000${n}`);

const text = fc
  .array(fc.constantFrom("a", "b", "\n", "aa\n", "é", "b\nab", "a".repeat(20)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(""));
const which = fc.integer({ min: 0, max: 2 });
const stream = fc.constantFrom("stdout", "stderr", "meproc", null);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("write"),
      which,
      stream,
      run: fc.option(fc.constantFrom(...RUNS)),
      text,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("burst"), which, n: fc.integer({ min: 200, max: 600 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rotate"), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("compress"), which, n: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove"), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("killed"), which, text }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("legacy"), which, text }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      ms: fc.constantFrom(1, 5, 1000, 3_600_000, 100_000_000),
    }),
  },
);
type Step = {
  do: string;
  which?: number;
  stream?: "stdout";
  run?: string | null;
  text?: string;
  n?: number;
  ms?: number;
};

const query = fc.record({
  stream: fc.option(fc.constantFrom("stdout", "stderr")),
  run: fc.option(fc.constantFrom(...RUNS)),
  since: fc.option(fc.nat(40)),
  until: fc.option(fc.nat(40)),
  tail: fc.option(fc.nat(6)),
  limit: fc.option(fc.nat(6)),
  grep: fc.option(fc.constantFrom(/^a/, /b$/, /é/g, /^$/)),
});

const show = ({ alias, time, stream, run, bytes }: OutputLine) =>
  [alias, time, stream, run?.at(-1) ?? null, Buffer.from(bytes).toString("latin1")].join(" ");

async function check(
  aliases: string[],
  steps: readonly Step[],
  queries: readonly (typeof query extends fc.Arbitrary<infer T> ? T : never)[],
) {
  const directory = mkdtempSync(join(tmpdir(), "meproc-property-"));
  try {
    const logs = [
      ...aliases.map((alias) => new ModelLog(directory, alias)),
      ...aliases.map((alias) => new ModelLog(directory, alias, "err")),
    ];
    const times = [START];
    let now = START;
    for (const each of steps) {
      const log = logs[(each.which ?? 0) % logs.length];
      now += each.ms ?? 0;
      times.push(now);
      if (each.do === "write") log?.write(now, each.stream ?? null, each.run ?? null, each.text ?? "");
      if (each.do === "burst")
        for (let i = 0; i < (each.n ?? 0); i++) log?.write(now, "stdout", null, `${i % 10}\n`);
      if (each.do === "killed") log?.killed(now, each.text ?? "");
      if (each.do === "legacy") log?.legacy(now, each.text ?? "");
      if (each.do === "rotate") log?.rotate();
      if (each.do === "compress") log?.compress(each.n ?? 0);
      if (each.do === "remove") log?.removeOldest();
    }
    for (const asked of queries) {
      const at = (n: number | null) => (n === null ? null : (times[n % times.length] ?? START));
      const full: OutputQuery = { ...asked, aliases, since: at(asked.since), until: at(asked.until) };
      const sieve = full.grep === null ? null : makeSieve(full.grep, limits.lineBytes);
      const options = {
        directory,
        limits,
        sync: async () => undefined,
        signal: new AbortController().signal,
        sieve,
      };
      const found: OutputLine[] = [];
      for await (const blocks of runQuery(full, options)) {
        found.push(...blocks.flatMap((block) => linesOf(block, limits.lineBytes)));
      }
      const plain = full.grep === null ? null : new RegExp(full.grep.source);
      expect(found.map(show)).toEqual(expected(logs, { ...full, grep: plain }, limits.lineBytes).map(show));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const RUNS_OF_CHECK = Number(process.env["PROPERTY_RUNS"] ?? 100);

test("one alias", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(query, { minLength: 1, maxLength: 4 }),
      (steps, queries) => check(["web:0"], steps as Step[], queries),
    ),
    { numRuns: RUNS_OF_CHECK },
  );
}, 60_000);

test("several replicas", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(query, { minLength: 1, maxLength: 4 }),
      (steps, queries) => check(["web:0", "web:1"], steps as Step[], queries),
    ),
    { numRuns: RUNS_OF_CHECK },
  );
}, 60_000);
