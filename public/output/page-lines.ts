/** Reads the lines next to those that are shown. */
import { type OutputFilter, type Portion, readLines } from "../api/output.ts";
import { type RawLine, unixTime } from "./lines.ts";
import { bottomEdge, linesAfter, linesBefore, topEdge } from "./neighbours.ts";
import { PAGE_LINES } from "./reading.ts";
import { linesOf, type Transcript } from "./transcript.ts";

/** `more` says whether there may be others beyond them. */
export type LinePage = { lines: readonly RawLine[]; more: boolean };

const NOTHING: LinePage = { lines: [], more: false };

export async function readPage(
  name: string,
  filter: OutputFilter,
  portion: Portion,
  signal: AbortSignal,
): Promise<LinePage> {
  const read = await readLines(name, filter, portion, signal);
  const lines = read.map((line): RawLine => ({ ...line, time: unixTime(line.time), notice: false }));
  return { lines, more: lines.length >= ("tail" in portion ? portion.tail : portion.limit) };
}

/** The page before what is shown. */
export async function readEarlier(
  name: string,
  filter: OutputFilter,
  shown: Transcript,
  signal: AbortSignal,
): Promise<LinePage> {
  const edge = topEdge(linesOf(shown));
  if (edge === null) return NOTHING;
  const until = new Date(Math.min(edge.time + 1, unixTime(filter.until) ?? Number.POSITIVE_INFINITY));
  const tail = PAGE_LINES + edge.lines.length;
  const page = await readPage(name, { ...filter, until: until.toISOString() }, { tail }, signal);
  return { ...page, lines: linesBefore(page.lines, edge) };
}

/** The page after what is shown. */
export async function readLater(
  name: string,
  filter: OutputFilter,
  shown: Transcript,
  signal: AbortSignal,
): Promise<LinePage> {
  const edge = bottomEdge(linesOf(shown));
  if (edge === null) return NOTHING;
  const since = new Date(edge.time).toISOString();
  const limit = PAGE_LINES + edge.lines.length;
  const page = await readPage(name, { ...filter, since }, { limit }, signal);
  return { ...page, lines: linesAfter(page.lines, edge) };
}
