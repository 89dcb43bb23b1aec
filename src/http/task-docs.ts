/** What the OpenAPI document says of tasks and their definitions. */
import { STATE_KINDS } from "../domain/instance.ts";
import {
  type Answer,
  CLOSING,
  CONFLICT,
  EXISTS,
  FORBIDDEN,
  INVALID,
  NOT_FOUND,
  type Parameter,
  REVISION,
  TIMEOUT,
  TOO_LARGE,
  documented,
  query,
  ref,
  taskName,
} from "./docs.ts";
import { SELECTION } from "./label-query.ts";
import { DETAILS_EXAMPLE, TASK_EXAMPLE } from "./task-example.ts";
import { WAIT } from "./waiting.ts";

const tag = "Tasks";
export const MAX_LIMIT = 1000;
export const TASK: Answer = { description: "The task", schema: ref("Task"), example: TASK_EXAMPLE };

const ifMatch: Parameter = {
  name: "If-Match",
  in: "header",
  description:
    'Only if the task is at this revision, as in the answer\'s ETag, `"3"`; `*`: only if it exists',
  schema: { type: "string" },
  example: "*",
};
const DAEMON = { name: "web", cmd: "node server.js", type: "daemon", replica: 2 };

export const listDocs = documented({
  tag,
  summary: "All tasks",
  description:
    "Every task with its instances, in the order in which they were defined. Without `limit` all of them; with it `next_cursor` leads to the next page.",
  parameters: [
    ...SELECTION,
    query("state", "Only tasks that stand so", { type: "string", enum: [...STATE_KINDS] }),
    query("limit", "How many at most", { type: "integer", minimum: 1, maximum: MAX_LIMIT }),
    query("cursor", "The `next_cursor` of the page before", { type: "string" }),
  ],
  answers: {
    200: {
      description: "The tasks",
      schema: ref("TaskList"),
      example: { items: [TASK_EXAMPLE], next_cursor: null },
    },
    400: INVALID,
  },
});

export const createDocs = documented({
  tag,
  summary: "Define a task and start it",
  description:
    "A schedule starts at its next time; a task with `autostart` false waits for somebody to start it. A daemon without `interval` and `restart` is started again at once, then after longer and longer pauses up to 3 s.",
  parameters: WAIT,
  body: {
    schema: ref("TaskDefinition"),
    examples: {
      daemon: DAEMON,
      cron: { name: "backup", cmd: "./backup.sh", type: "cron", cron: "0 3 * * *" },
      careful: {
        name: "api",
        cmd: ["node", "api.js", "--port", "300{index}"],
        type: "daemon",
        replica: 2,
        labels: { tier: "api" },
        env: { TOKEN: "secret" },
        deps: [{ task: "migrate", condition: "succeeded" }],
        health: { http: "http://127.0.0.1:300{index}/healthz", on_unhealthy: "restart" },
        restart: { max_restarts: 5, window_ms: 60_000 },
        stop: { signal: "SIGINT", timeout_ms: 5000 },
      },
    },
  },
  answers: {
    201: TASK,
    400: INVALID,
    403: FORBIDDEN,
    409: EXISTS,
    413: TOO_LARGE,
    503: CLOSING,
    504: TIMEOUT,
  },
});

export const getDocs = documented({
  tag,
  summary: "One task",
  description:
    "The definition, each of its instances, in `why` a sentence about why it does not run, and the newest facts about it.",
  parameters: [
    taskName,
    query("usage", "Also what the processes of each replica use: CPU, memory, threads, open files", {
      type: "string",
      enum: ["1", "true", "0", "false"],
    }),
  ],
  answers: {
    200: { description: "The task", schema: ref("TaskDetails"), example: DETAILS_EXAMPLE },
    400: INVALID,
    404: NOT_FOUND,
  },
});

export const putDocs = documented({
  tag,
  summary: "Give a task this definition",
  description:
    "Makes the task if there is none. The same definition again changes nothing. Only a change of what its processes are started with restarts them; everything else takes effect as they go on. A value of `env` that is given back as `***` stays as it was.",
  parameters: [taskName, ifMatch, ...WAIT],
  body: { schema: ref("TaskDefinition"), examples: { daemon: DAEMON } },
  answers: {
    200: TASK,
    201: { ...TASK, description: "The task, which there was not before" },
    400: INVALID,
    403: FORBIDDEN,
    409: CONFLICT,
    412: REVISION,
    413: TOO_LARGE,
    503: CLOSING,
    504: TIMEOUT,
  },
});

export const patchDocs = documented({
  tag,
  summary: "Change some fields of a task",
  description:
    'A merge patch (RFC 7396) of the definition: objects are merged, null takes a field away. `{"replica": 4}` scales without touching the replicas that stay.',
  parameters: [taskName, ifMatch, ...WAIT],
  body: {
    schema: { type: "object", additionalProperties: true },
    examples: { scale: { replica: 4 }, environment: { env: { LEVEL: "debug", OLD: null } } },
  },
  answers: {
    200: TASK,
    400: INVALID,
    403: FORBIDDEN,
    404: NOT_FOUND,
    409: CONFLICT,
    412: REVISION,
    413: TOO_LARGE,
    503: CLOSING,
    504: TIMEOUT,
  },
});

export const removeDocs = documented({
  tag,
  summary: "Stop and remove a task",
  description: "Answers when its processes are gone; the name is free then. Its output stays on disk.",
  parameters: [taskName, ifMatch],
  answers: {
    204: { description: "Removed" },
    400: INVALID,
    403: FORBIDDEN,
    404: NOT_FOUND,
    409: CONFLICT,
    412: REVISION,
  },
});
