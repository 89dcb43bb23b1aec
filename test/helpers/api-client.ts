/** A client of /api/v1, as far as the system tests need it. */
import type { InstanceView } from "../../src/http/instance-view.ts";
import type { TaskView } from "../../src/http/task-view.ts";

export type ApiClient = ReturnType<typeof apiClient>;

export function apiClient(baseUrl: string) {
  const task = async (name: string): Promise<TaskView> => {
    const response = await fetch(`${baseUrl}/api/v1/tasks/${encodeURIComponent(name)}`);
    if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
    return (await response.json()) as TaskView;
  };
  return {
    task,
    instance: async (name: string, index = 0): Promise<InstanceView> => {
      const instance = (await task(name)).instances[index];
      if (instance === undefined) throw new Error(`${name} has no instance ${index}`);
      return instance;
    },
    post: (path: string, body?: unknown) =>
      fetch(`${baseUrl}/api/v1${path}`, {
        method: "POST",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}
