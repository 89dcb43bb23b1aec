/** What the page knows of the service: its tasks, who it is, and whether it can be reached. */
import type { Plugin, SystemInfo, Task } from "../api/types.ts";
import { createStore } from "./store.ts";

export type Service = {
  /** `connecting` until the first contact, `away` while the service cannot be reached. */
  link: "connecting" | "live" | "away";
  tasks: ReadonlyMap<string, Task>;
  /** False until the first list has come. */
  loaded: boolean;
  /** Why the tasks could not be read, although the service answers. */
  trouble: string | null;
  system: SystemInfo | null;
  plugins: readonly Plugin[];
  /** Whether a webhook or mail is configured. */
  webhooks: boolean;
};

export const service = createStore<Service>({
  link: "connecting",
  tasks: new Map(),
  loaded: false,
  trouble: null,
  system: null,
  plugins: [],
  webhooks: false,
});

/** Takes a whole list; tasks that are as before stay the same object, so that their rows are left alone. */
export function replaceTasks(list: Task[]): void {
  service.update((now) => {
    const tasks = new Map(list.map((task) => [task.name, keepIfSame(now.tasks.get(task.name), task)]));
    const same =
      tasks.size === now.tasks.size && list.every((t) => tasks.get(t.name) === now.tasks.get(t.name));
    return { ...now, tasks: same ? now.tasks : tasks, loaded: true, trouble: null };
  });
}

/** Takes one task as it is now, or `null` when it is gone. */
export function replaceTask(name: string, task: Task | null): void {
  service.update((now) => {
    const before = now.tasks.get(name);
    const kept = task === null ? undefined : keepIfSame(before, task);
    if (kept === before) return now;
    const tasks = new Map(now.tasks);
    if (kept === undefined) tasks.delete(name);
    else tasks.set(name, kept);
    return { ...now, tasks };
  });
}

export function setLink(link: Service["link"]): void {
  service.update((now) => (now.link === link ? now : { ...now, link }));
}

export function setTrouble(trouble: string | null): void {
  service.update((now) => ({ ...now, trouble }));
}

function keepIfSame(before: Task | undefined, after: Task): Task {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
