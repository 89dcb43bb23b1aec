/**
 * The capture thread (Linux): moves bytes from FIFOs to files inside the kernel, with splice(2). They are in the FIFO or
 * in the file, never in the service, so killing the service loses none. It sleeps in epoll_wait until there is something
 * to do, and the main thread is never slowed down by a flood. Here are its loop and its messages.
 */
import { readSync } from "node:fs";
import { EPOLLIN, Epoll } from "../platform/epoll.ts";
import { GrowthStamps } from "./growth-stamps.ts";
import { reasonOf } from "./loss.ts";
import { Segments } from "./segments.ts";
import { bindSplice } from "./splice.ts";
import type { FromThread, OpenStream, ThreadSetup, ToThread } from "./splice-protocol.ts";
import { Streams } from "./splice-streams.ts";

declare const self: Worker;

/** Many small writes are taken together: a wake that soon after the last naps for a moment. */
const SMALL_BYTES = 16 << 10;
const NAP_US = 1000;
/** Without anything else it wakes up this often, to see the turn of the day. */
const LONGEST_SLEEP_MS = 600_000;

const tell = (message: FromThread): void => self.postMessage(message);

class CaptureThread {
  readonly #libc = bindSplice();
  readonly #epoll = new Epoll();
  readonly #wake = Buffer.alloc(8);
  readonly #wakeFd: number;
  readonly #segments: Segments;
  readonly #streams: Streams;
  readonly #growth = new GrowthStamps((alias, count) => tell({ kind: "grew", alias, count }));
  /** Since the indexes were written last: who has grown, and who may have nobody left that writes. */
  readonly #grown = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #lost = new Map<string, { bytes: number; reason: string }>();
  readonly #messages: ToThread[];
  #running = true;

  constructor({ logDir, wakeFd, defaults, allTasksBytes }: ThreadSetup, messages: ToThread[]) {
    const { seekEnd } = this.#libc;
    this.#messages = messages;
    this.#wakeFd = wakeFd;
    this.#segments = new Segments({
      directory: logDir,
      defaults,
      allTasksBytes,
      now: Date.now(),
      measure: seekEnd,
    });
    this.#streams = new Streams({
      segments: this.#segments,
      epoll: this.#epoll,
      libc: this.#libc,
      now: Date.now,
      onGrowth: (alias) => void this.#grown.add(alias),
      onLoss: (alias, bytes, reason) => this.#lose(alias, bytes, reason),
      onEnd: (id, alias) => {
        this.#ended.add(alias);
        tell({ kind: "ended", id });
      },
    });
    this.#epoll.add(wakeFd, EPOLLIN);
  }

  async run(): Promise<void> {
    for (let lastWake = 0; this.#running;) {
      const ready = this.#epoll.wait(LONGEST_SLEEP_MS);
      const now = performance.now();
      this.#segments.turn(Date.now());
      const moved = this.#streams.drain(ready);
      this.#settle();
      if (ready.includes(this.#wakeFd)) await this.#takeMessages();
      else if (moved < SMALL_BYTES && now - lastWake < 2 * (NAP_US / 1000)) this.#libc.nap(NAP_US);
      lastWake = now;
    }
  }

  /** Messages are handed over between two turns of this thread's loop: one turn is given to them. */
  async #takeMessages(): Promise<void> {
    readSync(this.#wakeFd, this.#wake, 0, 8, null);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#segments.turn(Date.now());
    for (const message of this.#messages.splice(0)) this.#tryTo(message);
    this.#settle();
  }

  /** Before it sleeps: the indexes are written and then told of, losses as well, and work is handed out. */
  #settle(): void {
    this.#segments.flush();
    for (const alias of this.#grown) this.#growth.grew(alias);
    for (const alias of this.#ended) if (!this.#streams.writes(alias)) this.#growth.forget(alias);
    this.#grown.clear();
    this.#ended.clear();
    for (const [alias, { bytes, reason }] of this.#lost) tell({ kind: "lost", alias, bytes, reason });
    this.#lost.clear();
    const job = this.#segments.compression.next();
    if (job !== null) tell({ kind: "compress", job });
  }

  /** What one message comes to grief with is not the end of the others. */
  #tryTo(message: ToThread): void {
    try {
      this.#take(message);
    } catch (error) {
      tell({ kind: "trouble", text: `The capture of output: ${message.kind}: ${reasonOf(error)}` });
    }
  }

  #take(message: ToThread): void {
    switch (message.kind) {
      case "setup":
        return;
      case "open":
        return this.#open(message.streams, false);
      case "resume":
        return this.#open(message.streams, true);
      case "policy":
        return this.#segments.setPolicy(message.task, message.policy);
      case "complete":
        return this.#segments.complete();
      case "note":
        return this.#note(message.alias, message.text);
      case "watch":
        return this.#growth.watch(message.alias, message.seen);
      case "sync":
        this.#streams.drainReady();
        this.#segments.flush();
        return tell({ kind: "done", id: message.id, problem: null });
      case "clear":
        return this.#clear(message.id, message.aliases);
      case "compressed":
        this.#segments.compression.done(message.job, message.bytes);
        return tell({ kind: "compress", job: this.#segments.compression.next() });
      case "close":
        return this.#close();
    }
  }

  #open(streams: readonly OpenStream[], resumed: boolean): void {
    for (const stream of streams) this.#streams.open(stream, resumed);
    // a FIFO that has had no writer since it was opened tells nobody of its end, so the first look is ours
    if (resumed) this.#streams.drain(streams.map(({ fd }) => fd));
  }

  #note(alias: string, text: string): void {
    this.#streams.drainAlias(alias);
    try {
      this.#segments.note(alias, text);
      this.#grown.add(alias);
    } catch (error) {
      this.#lose(alias, Buffer.byteLength(text) + 1, reasonOf(error));
    }
    this.#ended.add(alias);
  }

  #lose(alias: string, bytes: number, reason: string): void {
    this.#lost.set(alias, { bytes: (this.#lost.get(alias)?.bytes ?? 0) + bytes, reason });
  }

  #clear(id: number, aliases: readonly string[]): void {
    let problem: string | null = null;
    for (const alias of aliases)
      try {
        this.#streams.drainAlias(alias);
        this.#segments.clear(alias);
      } catch (error) {
        problem = reasonOf(error);
      }
    tell({ kind: "done", id, problem });
  }

  #close(): void {
    this.#streams.drainAll();
    this.#streams.leave();
    this.#segments.close();
    this.#epoll.close();
    this.#running = false;
    tell({ kind: "closed" });
  }
}

let thread: CaptureThread | null = null;
const messages: ToThread[] = [];

self.onmessage = (event: MessageEvent<ToThread>) => {
  if (event.data.kind !== "setup") return void messages.push(event.data);
  thread ??= new CaptureThread(event.data, messages);
  void thread.run();
};
