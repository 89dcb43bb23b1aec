/** `?wait=`: an answer that comes when a task stands as somebody wants it. */
import type { Server } from "bun";
import type { TaskGroup } from "../supervisor/group.ts";
import { AWAITED } from "../supervisor/wait-for.ts";
import type { Tasks } from "./bounded.ts";
import type { Parameter } from "./docs.ts";
import { type Query, choice, integer } from "./query.ts";

export const DEFAULT_WAIT_MS = 30_000;
export const MAX_WAIT_MS = 3_600_000;

/** For the documents. */
export const WAIT: readonly Parameter[] = [
  {
    name: "wait",
    in: "query",
    description: "Answer when every replica is so: `exited` is the end of a run, `stopped` that nothing runs",
    schema: { type: "string", enum: [...AWAITED] },
  },
  {
    name: "timeout_ms",
    in: "query",
    description:
      "How long that may take. After it, or as soon as it cannot come true by itself, the answer is 504",
    schema: { type: "integer", minimum: 0, maximum: MAX_WAIT_MS, default: DEFAULT_WAIT_MS },
  },
];

export interface Asked {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  readonly query: Query;
}

/** The connection is kept for as long as the answer takes. */
export function patient({ request, server }: Pick<Asked, "request" | "server">): void {
  server?.timeout(request, 0);
}

/** Reads the query at once, so that a wrong one changes nothing. The function it gives settles when it is so. */
export function waiter(supervisor: Tasks, asked: Asked): (group: TaskGroup) => Promise<TaskGroup> {
  const { request, query } = asked;
  const condition = choice(query, "wait", AWAITED);
  const timeout = integer(query, "timeout_ms", 0, MAX_WAIT_MS) ?? DEFAULT_WAIT_MS;
  patient(asked);
  return async (group) => {
    if (condition === null) return group;
    return await supervisor.waitFor(group.task.name, condition, timeout, request.signal);
  };
}
