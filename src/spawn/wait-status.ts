/** How a process ended, from what Bun or wait(2) says of it. */
import { constants } from "node:os";
import type { Exit } from "../domain/run.ts";

const NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export function exitOf(code: number | null, signal: NodeJS.Signals | number | null): Exit {
  if (signal !== null && signal !== 0) return { exit_code: null, exit_signal: nameOf(signal) };
  return { exit_code: code ?? 0, exit_signal: null };
}

/** A status of waitpid(2): the signal in the lowest seven bits, the code in the next byte. */
export function exitOfStatus(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0
    ? { exit_code: (status >> 8) & 0xff, exit_signal: null }
    : { exit_code: null, exit_signal: nameOf(signal) };
}

function nameOf(signal: NodeJS.Signals | number): string {
  return typeof signal === "number" ? (NAMES.get(signal) ?? `signal ${signal}`) : signal;
}
