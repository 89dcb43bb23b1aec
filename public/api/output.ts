/** The calls about captured output. Cursors are opaque: they are only handed back. */
import { patternOf, type Search } from "../output/pattern.ts";
import { request, send } from "./http.ts";
import { readNdjson } from "./ndjson.ts";
import { taskPath } from "./tasks.ts";
import type { OutputFile, OutputLine, Page } from "./types.ts";

/** What is asked for; null or "" is no restriction. */
export type OutputFilter = {
  replica: number | null;
  stream: "" | "stdout" | "stderr";
  run: string;
  /** RFC 3339; lines from then on … */
  since: string | null;
  /** … and before. */
  until: string | null;
  search: Search | null;
};

/** The newest `tail` lines, or the first `limit`. */
export type Portion = { tail: number } | { limit: number };

/** Lines that match. Throws as `request` does, also when the answer breaks off. */
export async function readLines(
  name: string,
  filter: OutputFilter,
  portion: Portion,
  signal: AbortSignal,
): Promise<OutputLine[]> {
  const query = outputQuery(filter);
  for (const [key, value] of Object.entries(portion)) query.set(key, String(value));
  const response = await send(`${taskPath(name)}/output?${query}`, {
    signal,
    accept: "application/x-ndjson, application/problem+json",
  });
  try {
    return await readNdjson<OutputLine>(response);
  } catch (error) {
    throw signal.aborted ? error : new Error("The service's answer broke off.", { cause: error });
  }
}

/** Where output comes as it is written: after a cursor, or beginning with the newest `tail` lines. */
export function outputStreamUrl(
  name: string,
  filter: OutputFilter,
  from: { after: string } | { tail: number },
): string {
  const query = outputQuery(filter);
  for (const [key, value] of Object.entries(from)) query.set(key, String(value));
  return `${taskPath(name)}/output/stream?${query}`;
}

/** All that matches, as text. */
export function outputTextUrl(name: string, filter: OutputFilter): string {
  return `${taskPath(name)}/output?${outputQuery({ ...filter, since: filter.since ?? new Date(0).toISOString() })}`;
}

export async function listOutputFiles(name: string, signal: AbortSignal): Promise<OutputFile[]> {
  const { items } = await request<Page<OutputFile>>(`${taskPath(name)}/output/files`, { signal });
  return items;
}

export function outputFileUrl(name: string, file: string): string {
  return `${taskPath(name)}/output/files/${encodeURIComponent(file)}`;
}

/** Removes what is kept of a replica, or of all; processes go on. */
export async function clearOutput(name: string, replica: number | null): Promise<void> {
  await send(`${taskPath(name)}/output${replica === null ? "" : `?replica=${replica}`}`, {
    method: "DELETE",
  });
}

function outputQuery(filter: OutputFilter): URLSearchParams {
  const { replica, stream, run, since, until, search } = filter;
  const query = new URLSearchParams();
  if (replica !== null) query.set("replica", String(replica));
  if (stream !== "") query.set("stream", stream);
  if (run !== "") query.set("run", run);
  if (since !== null) query.set("since", since);
  if (until !== null) query.set("until", until);
  if (search !== null) query.set("grep", patternOf(search));
  if (search !== null && !search.matchCase) query.set("ignore_case", "1");
  return query;
}
