/**
 * Reading on from what is shown. The service is asked by time, which many lines may share: so those that stand at the
 * edge are asked for again, and what is shown already is left out here.
 */
import { type Line, type RawLine, shownText } from "./lines.ts";

/** The lines of one time at an edge of what is shown. */
export type Edge = { time: number; lines: readonly Line[] };

/** Where earlier lines are to end; null if the time is not known there. */
export function topEdge(shown: readonly Line[]): Edge | null {
  const lines = shown.filter((line) => !line.notice);
  const time = lines[0]?.time ?? null;
  if (time === null) return null;
  const other = lines.findIndex((line) => line.time !== time);
  return { time, lines: other === -1 ? lines : lines.slice(0, other) };
}

/** Where later lines are to begin. */
export function bottomEdge(shown: readonly Line[]): Edge | null {
  const lines = shown.filter((line) => !line.notice);
  const time = lines.at(-1)?.time ?? null;
  if (time === null) return null;
  return { time, lines: lines.slice(lines.findLastIndex((line) => line.time !== time) + 1) };
}

/** Of lines that were read up to the time of the edge: those before it. */
export function linesBefore(read: readonly RawLine[], edge: Edge): readonly RawLine[] {
  for (let at = read.length - edge.lines.length; at >= 0; at -= 1) {
    if (standsAt(read, at, edge.lines)) return read.slice(0, at);
  }
  return read.filter((line) => line.time !== null && line.time < edge.time);
}

/** Of lines that were read from the time of the edge on: those after it. */
export function linesAfter(read: readonly RawLine[], edge: Edge): readonly RawLine[] {
  for (let at = 0; at + edge.lines.length <= read.length; at += 1) {
    if (standsAt(read, at, edge.lines)) return read.slice(at + edge.lines.length);
  }
  return read.filter((line) => line.time !== null && line.time > edge.time);
}

function standsAt(read: readonly RawLine[], at: number, lines: readonly Line[]): boolean {
  return lines.every((line, i) => {
    const other = read[at + i];
    return other !== undefined && other.replica === line.replica && shownText(other.text) === line.text;
  });
}
