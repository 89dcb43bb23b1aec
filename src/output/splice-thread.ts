/**
 * The capture thread (Linux): moves bytes from FIFOs to files inside the kernel, with splice(2). They are in the FIFO or
 * in the file, never in the service, so killing the service loses none. It sleeps in epoll_wait until there is something
 * to do, and the main thread is never slowed down by a flood.
 */
import { closeSync, readSync, unlinkSync, writeSync } from "node:fs";
import { ptr } from "bun:ffi";
import { inWords } from "../platform/system-errors.ts";
import { DailyFiles } from "./daily-files.ts";
import { EPOLLIN, Epoll, MAX_EVENTS } from "../platform/epoll.ts";
import { ERRNO, bindSplice } from "./splice.ts";
import type { FromThread, ToThread } from "./splice-protocol.ts";

declare const self: Worker;

interface Stream {
  readonly fd: number;
  readonly alias: string;
  readonly path: string;
  /** How bytes go on: in the kernel, or through a buffer where a file system refuses that. */
  way: "splice" | "copy";
  /** When it last brought much at once, on the clock of `performance.now`. */
  floodedAt: number;
}

/** At most this much of one stream before the others get their turn. */
const TURN_BYTES = 4 << 20;
const FLOOD_BYTES = 64 << 10;
/** Pipe memory is limited per user: only so many FIFOs are made large at a time. */
const MAX_GROWN = 8;
const GROWN_BYTES = 1 << 20;
const USUAL_BYTES = 64 << 10;
/** A large FIFO that has not flooded for so long is made small again if another one floods. */
const QUIET_MS = 1000;
/** Many small writes are taken together: a wake that soon after the last naps for a moment. */
const SMALL_BYTES = 16 << 10;
const NAP_US = 1000;

const libc = bindSplice();
const epoll = new Epoll();
const streams = new Map<number, Stream>();
const grown = new Set<Stream>();
const watched = new Set<string>();
/** How often the file of each alias has grown. */
const counts = new Map<string, number>();
const lost = new Map<string, { bytes: number; reason: string }>();
const buffer = Buffer.allocUnsafe(64 << 10);
const messages: ToThread[] = [];
let files = new DailyFiles("", "seek");
let wakeFd = -1;
let running = true;

const tell = (message: FromThread): void => self.postMessage(message);

self.onmessage = (event: MessageEvent<ToThread>) => {
  if (event.data.kind === "setup") void run(event.data.logDir, event.data.wakeFd);
  else messages.push(event.data);
};

async function run(logDir: string, wake: number): Promise<void> {
  files = new DailyFiles(logDir, "seek");
  wakeFd = wake;
  epoll.add(wakeFd, EPOLLIN);
  for (let lastWake = 0; running;) {
    const ready = epoll.wait();
    const now = performance.now();
    files.turn(Date.now());
    const moved = drainAll(ready);
    report();
    if (ready.includes(wakeFd)) await takeMessages();
    else if (moved < SMALL_BYTES && now - lastWake < 2 * (NAP_US / 1000)) libc.nap(NAP_US);
    lastWake = now;
  }
}

function drainAll(ready: readonly number[]): number {
  let moved = 0;
  for (const fd of ready) {
    const stream = streams.get(fd);
    if (stream !== undefined) moved += drain(stream);
  }
  return moved;
}

/** Messages are handed over between two turns of this thread's loop: one turn is given to them. */
async function takeMessages(): Promise<void> {
  readSync(wakeFd, buffer, 0, 8, null);
  await new Promise<void>((resolve) => setImmediate(resolve));
  for (const message of messages.splice(0)) take(message);
  report();
}

function take(message: ToThread): void {
  switch (message.kind) {
    case "setup":
      return;
    case "open":
      return open(message);
    case "note":
      return note(message.alias, message.text);
    case "watch":
      watched.add(message.alias);
      if ((counts.get(message.alias) ?? 0) !== message.seen) tellGrowth(message.alias);
      return;
    case "sync":
      for (let left = streams.size; left > 0; left -= MAX_EVENTS) drainAll(epoll.poll());
      return tell({ kind: "synced", id: message.id });
    case "close":
      for (const stream of [...streams.values()]) drain(stream);
      files.close();
      epoll.close();
      running = false;
      return tell({ kind: "closed" });
  }
}

function open({ fd, alias, path, resumed }: Extract<ToThread, { kind: "open" }>): void {
  const stream: Stream = { fd, alias, path, way: "splice", floodedAt: 0 };
  streams.set(fd, stream);
  epoll.add(fd, EPOLLIN);
  // a FIFO that has had no writer since it was opened tells nobody of its end, so the first look is ours
  if (resumed) drain(stream);
}

function note(alias: string, text: string): void {
  for (const stream of [...streams.values()]) if (stream.alias === alias) drain(stream);
  try {
    const fd = files.of(alias);
    libc.seekEnd(fd);
    writeSync(fd, `${text}\n`);
    grew(alias);
  } catch (error) {
    lose(alias, text.length + 1, inWords(error));
  }
}

/** Moves what a stream holds, up to a turn's worth, and returns how much that was. */
function drain(stream: Stream): number {
  let moved = 0;
  let target: number;
  try {
    target = files.of(stream.alias);
  } catch (error) {
    return drop(stream, inWords(error));
  }
  libc.seekEnd(target);
  while (moved < TURN_BYTES) {
    const count = stream.way === "splice" ? libc.splice(stream.fd, target, TURN_BYTES) : copy(stream, target);
    if (count > 0) {
      moved += count;
      if (count >= FLOOD_BYTES) grow(stream);
      continue;
    }
    if (count === 0) {
      end(stream);
      break;
    }
    const errno = -count;
    if (errno === ERRNO.EAGAIN) break;
    if (errno === ERRNO.EINTR) continue;
    if (errno === ERRNO.EINVAL && stream.way === "splice") {
      stream.way = "copy";
      continue;
    }
    moved += drop(stream, libc.describe(errno));
    break;
  }
  if (moved > 0) grew(stream.alias);
  return moved;
}

/** Through a buffer; the same results as `splice`: bytes moved, 0 at the end, or a negative errno. */
function copy(stream: Stream, target: number): number {
  const count = libc.read(stream.fd, ptr(buffer), buffer.length);
  if (count <= 0) return count;
  try {
    for (let at = 0; at < count;) at += writeSync(target, buffer, at, count - at);
  } catch (error) {
    lose(stream.alias, count, inWords(error));
  }
  return count;
}

/** The file takes nothing: what the stream holds is thrown away and counted, so that the process goes on. */
function drop(stream: Stream, reason: string): number {
  let dropped = 0;
  for (;;) {
    const count = libc.read(stream.fd, ptr(buffer), buffer.length);
    if (count === 0) end(stream);
    if (count <= 0) break;
    dropped += count;
    if (dropped >= TURN_BYTES) break;
  }
  if (dropped > 0) lose(stream.alias, dropped, reason);
  return dropped;
}

function lose(alias: string, bytes: number, reason: string): void {
  lost.set(alias, { bytes: (lost.get(alias)?.bytes ?? 0) + bytes, reason });
}

/** A FIFO that was full gets room for 16 times as much, which makes the moves fewer and larger. */
function grow(stream: Stream): void {
  stream.floodedAt = performance.now();
  if (grown.has(stream) || (grown.size >= MAX_GROWN && !shrinkOne(stream.floodedAt))) return;
  libc.setPipeSize(stream.fd, GROWN_BYTES);
  grown.add(stream);
}

/** False if all the large ones are needed. */
function shrinkOne(now: number): boolean {
  for (const stream of grown) {
    if (now - stream.floodedAt < QUIET_MS || libc.setPipeSize(stream.fd, USUAL_BYTES) < 0) continue;
    return grown.delete(stream);
  }
  return false;
}

/** The last holder of the writing end is gone. */
function end(stream: Stream): void {
  if (!streams.delete(stream.fd)) return;
  epoll.remove(stream.fd);
  closeSync(stream.fd);
  grown.delete(stream);
  try {
    unlinkSync(stream.path);
  } catch (error) {
    lose(stream.alias, 0, inWords(error));
  }
  files.release(stream.alias, [...streams.values()]);
}

function grew(alias: string): void {
  counts.set(alias, (counts.get(alias) ?? 0) + 1);
  if (watched.has(alias)) tellGrowth(alias);
}

function tellGrowth(alias: string): void {
  watched.delete(alias);
  tell({ kind: "grew", alias, count: counts.get(alias) ?? 0 });
}

function report(): void {
  for (const [alias, { bytes, reason }] of lost) tell({ kind: "lost", alias, bytes, reason });
  lost.clear();
}
