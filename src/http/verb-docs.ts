/** What the OpenAPI document says of what is done with tasks. */
import { SIGNALS } from "../domain/task-policies.ts";
import {
  type Answer,
  CLOSING,
  CONFLICT,
  FORBIDDEN,
  INVALID,
  NOT_FOUND,
  type Parameter,
  TIMEOUT,
  TOO_LARGE,
  documented,
  problem,
  query,
  ref,
  taskName,
} from "./docs.ts";
import { SELECTION } from "./label-query.ts";
import { TASK } from "./task-docs.ts";
import { WAIT } from "./waiting.ts";

const tag = "Tasks";

const index = query("index", "Only the replica with this index; all if not given", {
  type: "integer",
  minimum: 0,
  maximum: 999,
});
const bit = { type: "string", enum: ["1", "true", "0", "false"] };
const NO_SCHEDULE = problem("The task has no schedule, or does not stand so", "conflict", 409);
const NOT_THERE = problem("Nothing runs that could take it", "conflict", 409);

interface Verb {
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly conflict?: Answer;
}

function verb({ summary, description, parameters, conflict }: Verb) {
  return documented({
    tag,
    summary,
    description,
    parameters: [taskName, ...parameters, ...WAIT],
    answers: {
      200: TASK,
      400: INVALID,
      403: FORBIDDEN,
      404: NOT_FOUND,
      ...(conflict === undefined ? {} : { 409: conflict }),
      503: CLOSING,
      504: TIMEOUT,
    },
  });
}

export const startDocs = verb({
  summary: "Start a task",
  description:
    "Changes nothing if it is running. A schedule is put back on its schedule. Tasks that it depends on are waited for, and never started.",
  parameters: [index],
});

export const stopDocs = verb({
  summary: "Stop a task",
  description: "Answers when its processes are gone. It stays stopped until somebody starts it.",
  parameters: [index],
  conflict: CONFLICT,
});

export const restartDocs = verb({
  summary: "Restart a task",
  description:
    "Stops it, waits until its processes are gone, and starts it again. With `rolling` one replica after the other, each healthy before the next (or alive for a second, where it has no check), and no further than the first that does not come up.",
  parameters: [index, query("rolling", "One replica after the other; not together with index", bit)],
  conflict: problem("A process cannot be killed, or a replica did not come up", "conflict", 409),
});

export const reloadDocs = verb({
  summary: "Have a task take up its configuration anew",
  description: "By the signal or the command of its `reload`; its processes go on.",
  parameters: [index],
  conflict: problem("It does not say how, nothing runs, or the command has failed", "conflict", 409),
});

export const runDocs = verb({
  summary: "Run a schedule now",
  description: "One run out of its times, also while it is paused or stopped. Its next time stays as it is.",
  parameters: [],
  conflict: NO_SCHEDULE,
});

export const pauseDocs = verb({
  summary: "Pause a schedule",
  description:
    "Its times start nothing until it is resumed, also over restarts of the service. What runs goes on.",
  parameters: [],
  conflict: NO_SCHEDULE,
});

export const resumeDocs = verb({
  summary: "Resume a schedule",
  description: "What it missed meanwhile is made up for as its `catch_up` says.",
  parameters: [],
  conflict: NO_SCHEDULE,
});

export const signalDocs = documented({
  tag,
  summary: "Send a signal to a task's processes",
  description: "To the process of each replica itself, not to its children.",
  parameters: [taskName, index, ...WAIT],
  body: {
    schema: {
      type: "object",
      required: ["signal"],
      additionalProperties: false,
      properties: { signal: { type: "string", enum: [...SIGNALS] } },
    },
    examples: { reopen: { signal: "SIGUSR1" } },
  },
  answers: {
    200: TASK,
    400: INVALID,
    403: FORBIDDEN,
    404: NOT_FOUND,
    409: NOT_THERE,
    413: TOO_LARGE,
    503: CLOSING,
    504: TIMEOUT,
  },
});

export const STDIN_TIMEOUT_MS = 10_000;

export const stdinDocs = documented({
  tag,
  summary: "Write to a task's stdin",
  description:
    "The bytes of the body, as they are and whatever their type, to each replica whose task has `stdin` `pipe`. Answers when they have been taken; a process that does not read takes about 64 KiB.",
  parameters: [
    taskName,
    index,
    query("timeout_ms", "How long that may take; what is not taken by then is taken when it reads", {
      type: "integer",
      minimum: 0,
      maximum: 3_600_000,
      default: STDIN_TIMEOUT_MS,
    }),
  ],
  body: {
    type: "text/plain",
    schema: { type: "string" },
    examples: { line: "reload\n" },
  },
  answers: {
    204: { description: "It has been taken" },
    400: INVALID,
    403: FORBIDDEN,
    404: NOT_FOUND,
    409: problem("Nothing runs, or its task keeps no stdin open", "conflict", 409),
    413: TOO_LARGE,
    503: CLOSING,
    504: problem("It does not read", "timeout", 504),
  },
});

export function bulkDocs(summary: string, description: string) {
  return documented({
    tag,
    summary,
    description: `${description} Says for each task what has become of it: \`problem\` is null, or what its own call would have answered.`,
    parameters: [...SELECTION, ...WAIT],
    answers: {
      200: {
        description: "What has become of each task",
        schema: ref("Outcomes"),
        example: {
          items: [
            { name: "web", state: "running", desired: "running", problem: null },
            {
              name: "mail",
              state: "failed",
              desired: "stopped",
              problem: {
                type: "about:blank",
                title: "Conflict",
                status: 409,
                code: "conflict",
                detail: "The process of mail:0 cannot be killed",
              },
            },
          ],
          next_cursor: null,
        },
      },
      400: INVALID,
      403: FORBIDDEN,
    },
  });
}
