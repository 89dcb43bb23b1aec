import { describe, expect, spyOn, test } from "bun:test";
import type { OutputLine } from "../../src/domain/output.ts";
import type { LineSink } from "../../src/output/mirror.ts";
import { Mirrors } from "../../src/output/mirrors.ts";
import { StdoutSink } from "../../src/output/stdout-sink.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { FakeOutput } from "../fakes/output.ts";
import { until } from "../helpers/until.ts";

const BOTH = { stdout: true, syslog: true };
const STDOUT = { stdout: true, syslog: false };

class KeptLines implements LineSink {
  readonly lines: string[] = [];
  /** While this is set it takes nothing more. */
  full = false;
  async write(lines: readonly OutputLine[], signal: AbortSignal): Promise<void> {
    for (const { alias, bytes } of lines) this.lines.push(`${alias} ${Buffer.from(bytes).toString()}`);
    if (!this.full) return;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }
}

function makeMirrors() {
  const archive = new FakeOutput();
  const [stdout, syslog] = [new KeptLines(), new KeptLines()];
  const failures: unknown[] = [];
  const mirrors = new Mirrors({
    archive,
    stdout,
    syslog,
    wall: () => 1000,
    failed: (task, error) => failures.push([task, error]),
  });
  whenDone(() => mirrors.close());
  return { archive, stdout, syslog, mirrors, failures };
}

describe("mirrors", () => {
  test("are there for tasks that ask, and for no other", async () => {
    const { archive, mirrors, stdout, syslog } = makeMirrors();
    mirrors.set("quiet", ["quiet:0"], { stdout: false, syslog: false });
    expect(archive.followed).toEqual([]);
    mirrors.set("web", ["web:0", "web:1"], BOTH);
    mirrors.set("db", ["db:0"], STDOUT);
    expect(archive.followers).toBe(3);
    archive.tell("web:1", "a\nb");
    archive.tell("db:0", "c\n");
    await mirrors.close();
    expect(stdout.lines.sort()).toEqual(["db:0 c\n", "web:1 a\n", "web:1 b"]);
    expect(syslog.lines).toEqual(["web:1 a\n", "web:1 b"]);
    expect(archive.followers).toBe(0);
  });

  test("leave out what was written before, and say what was passed over", async () => {
    const { archive, mirrors, stdout } = makeMirrors();
    mirrors.set("web", ["web:0"], STDOUT);
    archive.tell("web:0", "old\n", { time: 999 });
    archive.tell("web:0", "new\n", { time: 1000 });
    archive.tell("web:0", "later\n", { missed_bytes: 5000 });
    await mirrors.close();
    expect(stdout.lines).toEqual([
      "web:0 new\n",
      "web:0 … 5,000 bytes passed over: they came too fast\n",
      "web:0 later\n",
    ]);
  });

  test("of a removed task pass on what is there, and end", async () => {
    const { archive, mirrors, stdout } = makeMirrors();
    mirrors.set("web", ["web:0"], STDOUT);
    archive.tell("web:0", "last words\n");
    mirrors.remove("web");
    await until(() => archive.followers === 0, "nobody follows");
    expect(stdout.lines).toEqual(["web:0 last words\n"]);
  });

  test("pass on the last words of a program that was quiet until then", async () => {
    const { archive, mirrors, stdout } = makeMirrors();
    mirrors.set("web", ["web:0"], STDOUT);
    archive.tell("web:0", "hello\n");
    await until(() => stdout.lines.length === 1, "it waits for more");
    const now = performance.now.bind(performance);
    const clock = spyOn(performance, "now").mockImplementation(() => now() + 1000);
    whenDone(() => clock.mockRestore());
    const closed = mirrors.close();
    archive.tell("web:0", "last words\n");
    await closed;
    expect(stdout.lines).toEqual(["web:0 hello\n", "web:0 last words\n"]);
  });

  test("of a task that is defined anew say nothing twice", async () => {
    const { archive, mirrors, stdout } = makeMirrors();
    mirrors.set("web", ["web:0"], STDOUT);
    mirrors.set("web", ["web:0"], STDOUT);
    archive.tell("web:0", "old\n", { time: 999 });
    archive.tell("web:0", "new\n", { time: 1000 });
    await mirrors.close();
    expect(stdout.lines).toEqual(["web:0 new\n"]);
  });

  test("that are slow hold up no other, and read nothing ahead", async () => {
    const { archive, mirrors, stdout, syslog } = makeMirrors();
    stdout.full = true;
    mirrors.set("web", ["web:0"], BOTH);
    for (let i = 0; i < 100; i++) archive.tell("web:0", `${i}\n`);
    await until(() => syslog.lines.length === 100, "the other has all");
    expect(stdout.lines).toEqual(["web:0 0\n"]);
    mirrors.remove("web");
    await until(() => archive.followers === 0, "a sink that takes nothing is left");
  });

  test("that cannot read say so", async () => {
    const { archive, mirrors, failures } = makeMirrors();
    archive.pieces = () => {
      throw new Error("the disk is gone");
    };
    mirrors.set("web", ["web:0"], STDOUT);
    await until(() => failures.length > 0, "it is told");
    expect(failures).toEqual([["web", new Error("the disk is gone")]]);
  });
});

describe("the service's stdout", () => {
  const line = (alias: string, text: string): OutputLine => ({
    alias,
    time: 1,
    stream: "stdout",
    run: null,
    bytes: Buffer.from(text, "latin1"),
  });
  const makeSink = (colours = false) => {
    const written: string[] = [];
    let drain: (() => void) | null = null;
    const outlet = {
      behind: false,
      waits: 0,
      write: (bytes: Uint8Array) => {
        written.push(Buffer.from(bytes).toString("latin1"));
        return !outlet.behind;
      },
      drained: () => {
        outlet.waits++;
        return new Promise<void>((resolve) => {
          drain = resolve;
        });
      },
    };
    return { sink: new StdoutSink(outlet, colours), written, outlet, drain: () => drain?.() };
  };
  const { signal } = new AbortController();

  test("has each line with its alias, as wide as the longest, byte for byte and ended", async () => {
    const { sink, written } = makeSink();
    sink.expect(["web:0"]);
    sink.expect(["worker:10"]);
    await sink.write([line("web:0", "a\xff\n"), line("worker:10", "no end")], signal);
    expect(written).toEqual(["web:0     | a\xff\nworker:10 | no end\n"]);
  });

  test("has a colour for each task, the same for its replicas", async () => {
    const { sink, written } = makeSink(true);
    await sink.write([line("web:0", "a\n"), line("web:1", "b\n"), line("db:0", "c\n")], signal);
    const colours = [...(written[0] ?? "").matchAll(/\[(\d+)m(\w+:\d)/g)].map(([, colour, alias]) => [
      alias,
      colour,
    ]);
    expect(colours).toEqual([
      ["web:0", "36"],
      ["web:1", "36"],
      ["db:0", "33"],
    ]);
  });

  test("that is behind is waited for, by all with one wait", async () => {
    const { sink, outlet, drain } = makeSink();
    outlet.behind = true;
    let settled = 0;
    const writes = [1, 2, 3].map(() => sink.write([line("web:0", "a\n")], signal).then(() => settled++));
    await Promise.resolve();
    expect([settled, outlet.waits]).toEqual([0, 1]);
    drain();
    await Promise.all(writes);
    expect(settled).toBe(3);
  });

  test("that is behind is not waited for by who leaves", async () => {
    const { sink, outlet } = makeSink();
    outlet.behind = true;
    const leave = new AbortController();
    const written = sink.write([line("web:0", "a\n")], leave.signal);
    leave.abort();
    await written;
  });
});
