/** /api/v1/tasks: definitions and what is done with them. */
import { Elysia } from "elysia";
import {
  CLOSING,
  CONFLICT,
  EXISTS,
  FORBIDDEN,
  INVALID,
  NOT_FOUND,
  type Parameter,
  documented,
  ref,
} from "./docs.ts";
import type { HttpDeps } from "./deps.ts";
import { readJson } from "./json-body.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import { TASK_EXAMPLE } from "./task-example.ts";
import { taskView } from "./task-view.ts";

const tag = "Tasks";
const task = { description: "The task", schema: ref("Task"), example: TASK_EXAMPLE };
export const taskName: Parameter = {
  name: "name",
  in: "path",
  description: "The task's name",
  schema: { type: "string" },
  example: "web",
};

const onlyName: Parameter = {
  name: "name",
  in: "query",
  description: "Only the task of this name, if there is one",
  schema: { type: "string" },
};

function listed(groups: readonly TaskGroup[], name: string | undefined) {
  return groups.filter(({ task }) => name === undefined || task.name === name).map(taskView);
}

export function taskRoutes({ supervisor }: HttpDeps) {
  return new Elysia({ name: "tasks", prefix: "/tasks" })
    .get("", ({ query }) => ({ items: listed(supervisor.list(), query["name"]), next_cursor: null }), {
      detail: documented({
        tag,
        summary: "All tasks",
        description: "Every task with its instances, in the order in which they were defined.",
        parameters: [onlyName],
        answers: {
          200: {
            description: "The tasks",
            schema: ref("TaskList"),
            example: { items: [TASK_EXAMPLE], next_cursor: null },
          },
        },
      }),
    })
    .post(
      "",
      async ({ body, status }) => {
        const group = await supervisor.define(readJson(body));
        return status(201, taskView(group));
      },
      {
        parse: "text",
        detail: documented({
          tag,
          summary: "Define a task and start it",
          description:
            "A schedule starts at its next time. A daemon without `interval` is started again at once, then after longer and longer pauses up to 3 s.",
          body: {
            schema: ref("TaskDefinition"),
            examples: {
              daemon: { name: "web", cmd: "node server.js", type: "daemon", replica: 2 },
              cron: { name: "backup", cmd: "./backup.sh", type: "cron", cron: "0 3 * * *" },
            },
          },
          answers: {
            201: task,
            400: INVALID,
            403: FORBIDDEN,
            409: EXISTS,
            413: { description: "The body is larger than 1 MiB" },
            503: CLOSING,
          },
        }),
      },
    )
    .get("/:name", ({ params }) => taskView(supervisor.get(params.name)), {
      detail: documented({
        tag,
        summary: "One task",
        description: "The definition, and each of its instances.",
        parameters: [taskName],
        answers: { 200: task, 404: NOT_FOUND },
      }),
    })
    .delete(
      "/:name",
      async ({ params }) => {
        await supervisor.remove(params.name);
        return new Response(null, { status: 204 });
      },
      {
        parse: "none",
        detail: documented({
          tag,
          summary: "Stop and remove a task",
          description:
            "Answers when its processes are gone; the name is free then. Its output stays on disk.",
          parameters: [taskName],
          answers: { 204: { description: "Removed" }, 403: FORBIDDEN, 404: NOT_FOUND, 409: CONFLICT },
        }),
      },
    )
    .post("/:name/start", ({ params }) => taskView(supervisor.start(params.name)), {
      parse: "none",
      detail: documented({
        tag,
        summary: "Start a task",
        description: "Changes nothing if it is running. A schedule is put back on its schedule.",
        parameters: [taskName],
        answers: { 200: task, 403: FORBIDDEN, 404: NOT_FOUND, 503: CLOSING },
      }),
    })
    .post("/:name/stop", async ({ params }) => taskView(await supervisor.stop(params.name)), {
      parse: "none",
      detail: documented({
        tag,
        summary: "Stop a task",
        description: "Answers when its processes are gone. It stays stopped until somebody starts it.",
        parameters: [taskName],
        answers: { 200: task, 403: FORBIDDEN, 404: NOT_FOUND, 409: CONFLICT, 503: CLOSING },
      }),
    })
    .post("/:name/restart", async ({ params }) => taskView(await supervisor.restart(params.name)), {
      parse: "none",
      detail: documented({
        tag,
        summary: "Restart a task",
        description: "Stops it, waits until its processes are gone, and starts it again.",
        parameters: [taskName],
        answers: { 200: task, 403: FORBIDDEN, 404: NOT_FOUND, 409: CONFLICT, 503: CLOSING },
      }),
    });
}
