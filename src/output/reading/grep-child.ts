/**
 * The process that searches: our own executable with `GREP` as its first argument. A regular expression may take for ever
 * on a line that was made for it, and nothing in a process can interrupt that, no Worker can be ended in it: a process can.
 */
import { writeSync } from "node:fs";
import { setPriority } from "node:os";
import { openLibc } from "../../platform/libc.ts";
import { type GrepRequest, encodeFrame } from "./grep-frames.ts";
import { runQuery } from "./run-query.ts";
import type { Sieve } from "./scan.ts";
import { makeSieve } from "./sieve.ts";

/** Who has started us ends us before that; this is for when he is gone. */
const WATCHDOG_S = 30;
const NICE = 5;
const STDOUT = 1;
/** So much is told at a time. */
const FRAME_LINES = 1000;

/** Reads the request from the standard input, writes frames to the standard output, and ends. */
export async function grepChild(): Promise<never> {
  setPriority(NICE);
  const { directory, limits, query, source, flags } = JSON.parse(await Bun.stdin.text()) as GrepRequest;
  const sieve = watched(makeSieve(new RegExp(source, flags), limits.lineBytes));
  const { signal } = new AbortController();
  const blocks = runQuery({ ...query, grep: null }, { directory, limits, sync: null, signal, sieve });
  for await (const batch of blocks) {
    for (let at = 0; at < batch.length; at += FRAME_LINES) {
      tell(encodeFrame(batch.slice(at, at + FRAME_LINES)));
    }
  }
  process.exit(0);
}

/** Waits where nobody takes it. */
function tell(frame: Buffer): void {
  for (let at = 0; at < frame.length;) at += writeSync(STDOUT, frame, at, frame.length - at);
}

/** The system ends the process if one block takes too long. */
function watched(sieve: Sieve): Sieve {
  if (process.platform === "win32") return sieve;
  const libc = openLibc({ alarm: { args: ["u32"], returns: "u32" } });
  return (block) => {
    libc.alarm(WATCHDOG_S);
    const found = sieve(block);
    libc.alarm(0);
    return found;
  };
}
