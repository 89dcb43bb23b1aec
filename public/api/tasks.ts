/** The calls about tasks. */
import { API, request, send } from "./http.ts";
import type { Page, Task } from "./types.ts";

export type TaskVerb = "start" | "stop" | "restart" | "reload" | "run" | "pause" | "resume";

export function taskPath(name: string): string {
  return `${API}/tasks/${encodeURIComponent(name)}`;
}

/** All tasks, following the cursor to the end. */
export async function listTasks(): Promise<Task[]> {
  const tasks: Task[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const page: Page<Task> = await request<Page<Task>>(`${API}/tasks${query}`);
    tasks.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return tasks;
}

/** One task, or `null` when there is none: asked as a list, so that a task that has just gone is no error. */
export async function findTask(name: string): Promise<Task | null> {
  const { items } = await request<Page<Task>>(`${API}/tasks?name=${encodeURIComponent(name)}`);
  return items[0] ?? null;
}

export function createTask(definition: Record<string, unknown>): Promise<Task> {
  return request<Task>(`${API}/tasks`, { method: "POST", body: definition });
}

/** Starts, stops, restarts and so on; answers once the old processes are gone, which may take 10 s. */
export async function commandTask(name: string, verb: TaskVerb): Promise<void> {
  await send(`${taskPath(name)}/${verb}`, { method: "POST" });
}

/** Gives it so many replicas; those that stay are not touched. */
export async function scaleTask(name: string, replica: number): Promise<void> {
  await send(taskPath(name), { method: "PATCH", body: { replica } });
}

/** Stops and removes; answers once its processes are gone, which may take 10 s. */
export async function removeTask(name: string): Promise<void> {
  await send(taskPath(name), { method: "DELETE" });
}
