/** A follower gets every byte once, in order, whatever happens to the files and however often it comes back. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { OutputPiece } from "../../src/domain/output.ts";
import { Growth } from "../../src/output/growth.ts";
import { FileReader } from "../../src/output/reader.ts";
import { LIMITS } from "../../src/output/reading/limits.ts";
import { ModelLog } from "./log-model.ts";

const START = Date.UTC(2026, 0, 5, 22);
const ALIASES = ["web:0", "web:1"];
const RUNS = [1, 2].map((n) => `019b0000-0000-7000-8000-00000000000${n}`);
const RUNS_OF_CHECK = Number(process.env["PROPERTY_RUNS"] ?? 100);

const which = fc.integer({ min: 0, max: 2 });
const text = fc.string({ minLength: 1, maxLength: 30 });
const stream = fc.constantFrom("stdout" as const, "stderr" as const);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constant("write" as const), which, text, stream, fc.constantFrom(...RUNS)),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("rotate" as const), which) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("compress" as const), which, fc.nat(5)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("remove" as const), which) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("killed" as const), which, text) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant("wait" as const), fc.constantFrom(1, 200, 3_600_000, 90_000_000)),
  },
  { weight: 5, arbitrary: fc.tuple(fc.constant("pull" as const), fc.integer({ min: 1, max: 5 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("resume" as const)) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Check {
  readonly directory = mkdtempSync(join(tmpdir(), "meproc-follow-"));
  readonly growth = new Growth();
  readonly logs = [
    ...ALIASES.map((alias) => new ModelLog(this.directory, alias)),
    new ModelLog(this.directory, "web:0", "err"),
  ];
  now = START;
  removed = false;
  /** How far the follower is in each log: in all that was ever written to it. */
  readonly seen = this.logs.map(() => 0);
  to = "2026-01-05:0";
  stream = this.follow();

  follow(): AsyncGenerator<OutputPiece> {
    const reader = new FileReader({
      directory: this.directory,
      capture: {
        sync: async () => undefined,
        onGrowth: (alias, callback) => this.growth.add(alias, callback),
      },
      startGrep: () => {
        throw new Error("nothing is searched here");
      },
      wall: () => this.now,
      limits: { ...LIMITS, pieceBytes: 16, batchBytes: 16, behindBytes: 150, newestBytes: 20 },
    });
    const query = { aliases: ALIASES, stream: null, run: null };
    return reader.pieces(query, { after: this.to }, new AbortController().signal);
  }

  async perform([kind, ...args]: Step): Promise<void> {
    const [n = 0, some = "", author = "stdout", run = null] = args as [
      number?,
      string?,
      ("stdout" | "stderr")?,
      string?,
    ];
    const log = this.logs[n % this.logs.length];
    switch (kind) {
      case "write":
        log?.write(this.now, author, run, some);
        return this.growth.tell(log?.alias ?? "");
      case "killed":
        log?.killed(this.now, some);
        return this.growth.tell(log?.alias ?? "");
      case "rotate":
        return log?.rotate();
      case "compress":
        return log?.compress(args[1] as number);
      case "remove":
        this.removed = true;
        return log?.removeOldest();
      case "wait":
        this.now += n;
        return;
      case "pull":
        for (let i = 0; i < n && this.hasMore(); i++) await this.pull();
        return;
      case "resume":
        await this.stream.return(undefined);
        this.stream = this.follow();
    }
  }

  hasMore(): boolean {
    return this.logs.some((log, i) => bytesOf(log).length > (this.seen[i] ?? 0));
  }

  async pull(): Promise<void> {
    const { value: piece } = await this.stream.next();
    if (piece === undefined) throw new Error("the follower has ended");
    this.to = piece.to;
    const places = placesOf(piece.to);
    const [i] = this.logs
      .keys()
      .filter((each) => this.reached(each, places[each]) > (this.seen[each] ?? 0))
      .toArray();
    const log = this.logs[i ?? -1];
    if (i === undefined || log === undefined) throw new Error(`nothing moved to ${piece.to}`);
    const end = this.reached(i, places[i]);
    const start = end - piece.bytes.length;
    expect(log.alias).toBe(piece.alias);
    expect(bytesOf(log).subarray(start, end).toString("latin1")).toBe(
      Buffer.from(piece.bytes).toString("latin1"),
    );
    if (!this.removed) expect(start - (this.seen[i] ?? 0)).toBe(piece.missed_bytes);
    else expect(start).toBeGreaterThanOrEqual(this.seen[i] ?? 0);
    for (const { stream, run } of authorsOf(log, start, end))
      expect([piece.stream, piece.run]).toEqual([stream, run]);
    this.seen[i] = end;
  }

  /** A place, counted in all that was ever written to a log. */
  reached(i: number, place: { day: string; offset: number } | undefined): number {
    const log = this.logs[i];
    if (log === undefined || place === undefined) return 0;
    const before = log.all
      .filter(({ day }) => day < place.day)
      .reduce((sum, { bytes }) => sum + bytes.length, 0);
    return before + place.offset;
  }

  async end(): Promise<void> {
    await this.stream.return(undefined);
    rmSync(this.directory, { recursive: true });
  }
}

function bytesOf(log: ModelLog): Buffer {
  return Buffer.concat(log.all.map(({ bytes }) => bytes));
}

function authorsOf(log: ModelLog, from: number, to: number) {
  let at = 0;
  return log.all.filter(({ bytes }) => {
    at += bytes.length;
    return at > from && at - bytes.length < to;
  });
}

/** Of `web:0`, `web:1` and the separate stderr of `web:0`. */
function placesOf(cursor: string) {
  let day = "";
  return cursor.split(",").map((part) => {
    const colon = part.lastIndexOf(":");
    if (colon >= 0) day = part.slice(0, colon);
    return { day, offset: Number(part.slice(colon + 1)) };
  });
}

test("a follower gets every byte once, or is told how many it missed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const check = new Check();
      try {
        for (const each of steps) await check.perform(each);
        // without removals everything can be had
        while (!check.removed && check.hasMore()) await check.pull();
      } finally {
        await check.end();
      }
    }),
    { numRuns: RUNS_OF_CHECK },
  );
}, 60_000);
