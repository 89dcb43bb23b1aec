/** The calls about captured output. Positions are opaque: they are only handed back. */
import { send } from "./http.ts";
import { taskPath } from "./tasks.ts";

export type OutputChunk = { bytes: Uint8Array; from: string; to: string; more: boolean };

const CHUNK_BYTES = 65_536;

/** The output that ends at `before`, or the newest. */
export async function readOutput(
  name: string,
  replica: number,
  before: string | null,
  signal: AbortSignal,
): Promise<OutputChunk> {
  const query = new URLSearchParams({ replica: String(replica), bytes: String(CHUNK_BYTES) });
  if (before !== null) query.set("before", before);
  const response = await send(`${taskPath(name)}/output?${query}`, { signal });
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    from: response.headers.get("Meproc-Output-From") ?? "",
    to: response.headers.get("Meproc-Output-To") ?? "",
    more: response.headers.get("Meproc-Output-More") === "true",
  };
}

export function outputStreamUrl(name: string, replica: number, after: string): string {
  return `${taskPath(name)}/output/stream?${new URLSearchParams({ replica: String(replica), after })}`;
}

/** Where the raw bytes are: as much of the newest as the service gives in one answer. */
export function outputDownloadUrl(name: string, replica: number): string {
  return `${taskPath(name)}/output?${new URLSearchParams({ replica: String(replica), bytes: String(64 * 1024 * 1024) })}`;
}
