import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { OutputLine } from "../../src/domain/output.ts";
import { syslogMessages } from "../../src/output/syslog-message.ts";
import { SyslogSink } from "../../src/output/syslog-sink.ts";
import { type Sent, DatagramSocket } from "../../src/platform/datagram-socket.ts";
import { cString, openLibc } from "../../src/platform/libc.ts";
import { FakeClock } from "../fakes/clock.ts";
import { turn } from "../fakes/supervisor.ts";
import { makeFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const AT = new Date(2026, 10, 2, 3, 4, 5).getTime();
const line = (text: string, more: Partial<OutputLine> = {}): OutputLine => ({
  alias: "web:0",
  time: AT,
  stream: "stdout",
  run: "r1",
  ...more,
  bytes: Buffer.from(text),
});
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("a message", () => {
  test.each([
    [line("hello\n"), 12, "<30>Nov  2 03:04:05 web.0[12]: hello"],
    [line("bad\r\n", { stream: "stderr" }), 12, "<28>Nov  2 03:04:05 web.0[12]: bad"],
    [line("cut off", { stream: null, run: null }), null, "<30>Nov  2 03:04:05 web.0: cut off"],
    [line("hello\n", { time: null }), null, "<30>Nov  2 03:04:06 web.0: hello"],
  ])("%# has facility, time, alias and pid", (given, pid, message) => {
    expect(syslogMessages(given, pid, AT + 1000).map(text)).toEqual([message]);
  });

  test("of a long line is several, of an empty one none", () => {
    const sizes = syslogMessages(line("x".repeat(20_000)), null, AT).map(
      (each) => text(each).split(": ")[1]?.length,
    );
    expect(sizes).toEqual([8000, 8000, 4000]);
    expect(syslogMessages(line("\n"), null, AT)).toEqual([]);
  });
});

describe("the log of the system", () => {
  const { signal } = new AbortController();
  const makeSink = (answers: Sent[] | null) => {
    const clock = new FakeClock();
    const sent: string[] = [];
    const told: string[] = [];
    const send = (message: Uint8Array) => {
      const answer = answers?.shift() ?? "sent";
      if (answer === "sent") sent.push(text(message).split(": ")[1] ?? "");
      return answer;
    };
    const sink = new SyslogSink({
      socket: answers === null ? null : { send },
      clock,
      pidOf: () => 7,
      tell: (what) => told.push(what),
    });
    return { sink, clock, sent, told };
  };

  test("that is not there is told once, and looked for again later", async () => {
    const away: Sent = { reason: "it does not exist" };
    const { sink, clock, sent, told } = makeSink([away, away]);
    for (const each of ["1", "2", "3"]) await sink.write([line(each)], signal);
    clock.advance(5000);
    await sink.write([line("4")], signal);
    clock.advance(5000);
    await sink.write([line("5"), line("6")], signal);
    expect(sent).toEqual(["5", "6"]);
    expect(told).toEqual(["Lines do not reach the log of the system: it does not exist"]);
  });

  test("that is none of Linux is told once", async () => {
    const { sink, told } = makeSink(null);
    await sink.write([line("1"), line("2")], signal);
    expect(told).toEqual(["Lines do not reach the log of the system: it is for Linux"]);
  });

  test("that is behind is tried again, and nothing is left out", async () => {
    const { sink, clock, sent, told } = makeSink(["full", "full"]);
    const written = sink.write([line("1"), line("2")], signal);
    for (const ms of [10, 20]) {
      await turn();
      clock.advance(ms);
    }
    await written;
    expect([sent, told]).toEqual([["1", "2"], []]);
  });

  test("that stays behind is left by who leaves", async () => {
    const { sink, sent } = makeSink(Array.from({ length: 9 }, () => "full" as const));
    const leave = new AbortController();
    const written = sink.write([line("1"), line("2")], leave.signal);
    leave.abort();
    await written;
    expect(sent).toEqual([]);
  });
});

describe.skipIf(process.platform !== "linux")("its socket", () => {
  const folder = makeFolder();
  const path = join(folder.path, "log");
  let fd: number;
  const bind = () => {
    const libc = openLibc({
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    });
    fd = libc.socket(1, 2, 0);
    const address = Buffer.concat([new Uint8Array([1, 0]), cString(path)]);
    expect(libc.bind(fd, address, address.length)).toBe(0);
  };
  const received = () => {
    const buffer = Buffer.alloc(10_000);
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  };

  beforeAll(bind);
  afterAll(() => {
    closeSync(fd);
    folder.remove();
  });

  test("takes messages whole, also after its daemon was started anew", () => {
    const socket = new DatagramSocket(path);
    expect(socket.send(Buffer.from("one"))).toBe("sent");
    expect(socket.send(Buffer.from("x".repeat(8100)))).toBe("sent");
    expect([received(), received().length]).toEqual(["one", 8100]);
    closeSync(fd);
    rmSync(path);
    expect(socket.send(Buffer.from("lost"))).toEqual({ reason: "it does not exist" });
    bind();
    expect([socket.send(Buffer.from("two")), received()]).toEqual(["sent", "two"]);
    socket.close();
  });

  test("never waits for a daemon that does not read", () => {
    const socket = new DatagramSocket(path);
    let sent: Sent = "sent";
    for (let i = 0; i < 100_000 && sent === "sent"; i++) sent = socket.send(Buffer.alloc(1000));
    expect(sent).toBe("full");
    socket.close();
  });

  test("that is not there says so", () => {
    expect(new DatagramSocket(join(temporaryFolder(), "none")).send(Buffer.from("x"))).toEqual({
      reason: "it does not exist",
    });
  });
});
