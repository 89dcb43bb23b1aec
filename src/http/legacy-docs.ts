/** The OpenAPI descriptions of the 1.x surface. */
import { type Answer, LEGACY_TAG, type Parameter, documented, ref } from "./docs.ts";

const tag = LEGACY_TAG;
const answer = (description: string, code: number, msg: string): Answer => ({
  description,
  schema: ref("LegacyAnswer"),
  example: { msg, code },
});
const OK = answer("Done", 200, "OK");
const NO_TASK = answer(
  "There is no such task, or a page of another origin asked",
  403,
  "Program not exists, please start it at first",
);
const NO_NAME = answer("The name is missing", 400, "name is required");
const STOPPING = answer("The service is stopping", 503, "The service is stopping and takes no new work");
const STUCK = answer("A process cannot be killed", 409, "The process of sleep1:0 cannot be killed");
const name: Parameter = {
  name: "name",
  in: "query",
  description: "The task's name",
  schema: { type: "string" },
  example: "sleep1",
  required: true,
};

export const legacyDocs = {
  list: documented({
    tag,
    summary: "All tasks and the running processes",
    description: "Times are Unix seconds, 0 for never. A coroutine is listed with an empty pid and command.",
    answers: {
      200: {
        description: "Every task, and each process that is running",
        schema: ref("LegacyAnswer"),
        example: {
          msg: "OK",
          code: 200,
          data: {
            tasks: {
              sleep1: {
                cmd: "sleep 5",
                deps: [],
                name: "sleep1",
                type: "once",
                user: null,
                group: null,
                replica: 1,
                running: 1,
                interval: 3000,
                run_flag: false,
                last_time: 1795344772,
                start_time: 1795344772,
              },
            },
            running: [{ pid: 6122, alias: "sleep1:0", command: "sleep 5" }],
          },
        },
      },
    },
  }),
  create: documented({
    tag,
    summary: "Define a task and start it",
    description:
      "The body is JSON whatever its content type says. A cron task starts at its next time. A daemon without `interval` is started again after 3000 ms.",
    body: {
      schema: ref("TaskDefinition"),
      examples: {
        once: { name: "sleep1", cmd: "sleep 5", type: "once", replica: 2 },
        dependent: { name: "sleep2", cmd: "sleep 5", type: "once", deps: ["sleep1"] },
        cron: { name: "sleep4", cmd: "sleep 5", type: "cron", cron: "* * * * *" },
      },
    },
    answers: {
      200: OK,
      400: answer("The body is not valid", 400, "Invalid JSON field: cmd: required, but not given"),
      403: answer(
        "The name is in use, or a page of another origin asked",
        403,
        "Program exists, please stop it at first",
      ),
      413: { description: "The body is larger than 1 MiB" },
      503: STOPPING,
    },
  }),
  restart: documented({
    tag,
    summary: "Restart a task",
    description:
      "Stops it, waits until its processes are gone, and starts it again. Works on any task, running or finished.",
    parameters: [name],
    answers: { 200: OK, 400: NO_NAME, 403: NO_TASK, 409: STUCK, 503: STOPPING },
  }),
  remove: documented({
    tag,
    summary: "Stop and remove a task",
    description: "Answers when its processes are gone; the name is free then.",
    parameters: [name],
    answers: { 200: OK, 400: NO_NAME, 403: NO_TASK, 409: STUCK },
  }),
  output: documented({
    tag,
    summary: "Today's captured output of each replica, base64",
    description:
      "Stdout and stderr of today (UTC), the newest `bytes` bytes, keyed by alias; empty where there is none.",
    parameters: [
      name,
      {
        name: "bytes",
        in: "query",
        description: "How much of the newest output, at most",
        schema: { type: "integer", minimum: 1, maximum: 64 << 20, default: 1 << 20 },
      },
    ],
    answers: {
      200: {
        description: "The output",
        schema: ref("LegacyAnswer"),
        example: { msg: "OK", code: 200, data: { "sleep4:0": "aGkK", "sleep4:1": "aGkK" } },
      },
      400: NO_NAME,
      403: NO_TASK,
    },
  }),
};
