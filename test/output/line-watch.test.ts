import { expect, test } from "bun:test";
import type { OutputLine, OutputPiece, OutputQuery } from "../../src/domain/output.ts";
import { OutputLineWatcher } from "../../src/output/line-watch.ts";
import { until } from "../helpers/until.ts";

const OF = { run: "r2", alias: "a:0", since: 5 };

/** Output of which some is there already and some comes when the test says so. */
function output(...there: string[]) {
  const queries: OutputQuery[] = [];
  const coming: OutputPiece[] = [];
  let wake = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const watcher = new OutputLineWatcher(
    {
      async *lines(query) {
        queries.push(query);
        yield there.map((text): OutputLine => ({ ...piece(text), time: 9 }));
      },
      async *pieces(_query, _from, signal) {
        signal.addEventListener("abort", () => wake.resolve());
        while (!signal.aborted) {
          const next = coming.shift();
          if (next !== undefined) yield next;
          else await wake.promise;
        }
      },
    },
    (alias, error) => errors.push([alias, error]),
  );
  const write = (text: string, more: Partial<OutputPiece> = {}) => {
    coming.push({ ...piece(text), ...more });
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return { watcher, write, queries, errors, coming };
}

function piece(text: string): OutputPiece {
  return {
    alias: "a:0",
    time: 9,
    stream: "stdout",
    run: "r2",
    bytes: Buffer.from(text),
    to: "",
    missed_bytes: 0,
  };
}

/** Watches for `pattern`; says whether it was found. */
function watched(watcher: OutputLineWatcher, pattern: RegExp) {
  const found = { times: 0 };
  const cancel = watcher.watch(OF, pattern, () => found.times++);
  return { found, cancel };
}

test("a line that is there already is found, among those of this run only", async () => {
  const { watcher, queries } = output("booting\n", "ready on 80\n");
  const { found } = watched(watcher, /^ready on \d+$/);
  expect(found.times).toBe(0);
  await until(() => found.times === 1, "it is found");
  expect(queries[0]).toMatchObject({ aliases: ["a:0"], run: "r2", since: 5 });
});

test("a line that comes is found, in however many pieces, of each stream for itself", async () => {
  const { watcher, write } = output();
  const { found } = watched(watcher, /^ready on 80$/);
  write("rea");
  write("noise\nrea", { stream: "stderr" });
  write("dy on 8");
  write("0\r\nmore");
  await until(() => found.times === 1, "it is found");
});

test("another run's line is none, and nothing is told after it was cancelled", async () => {
  const { watcher, write, coming } = output();
  const { found, cancel } = watched(watcher, /ready/);
  write("ready\n", { run: "r1" });
  await until(() => coming.length === 0, "it is read");
  cancel();
  write("ready\n");
  const second = watched(watcher, /ready/);
  await until(() => second.found.times === 1, "a later watch finds it");
  expect(found.times).toBe(0);
});

test("of several lines that match only one is told", async () => {
  const { watcher, write } = output("ready\n");
  const { found } = watched(watcher, /ready/);
  write("ready\nready\n");
  await until(() => found.times > 0, "it is found");
  const second = watched(watcher, /ready/);
  await until(() => second.found.times > 0, "another finds it");
  expect(found.times).toBe(1);
});
