/** The calls about what has run. */
import { API, request } from "./http.ts";
import type { Page, Run } from "./types.ts";

const MOST = 100;

/** The newest runs of a task, the newest first. */
export async function listRuns(task: string, signal: AbortSignal): Promise<Run[]> {
  const query = new URLSearchParams({ task, limit: String(MOST) });
  const { items } = await request<Page<Run>>(`${API}/runs?${query}`, { signal });
  return items;
}
