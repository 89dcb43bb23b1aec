/** /api/v1/tasks/{start,stop,restart}: the same for all tasks of a label or a name. */
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { MeprocError } from "../domain/errors.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import type { HttpDeps } from "./deps.ts";
import { State } from "./instance-view.ts";
import { selectionOf } from "./label-query.ts";
import { Problem, invalid, problemOf } from "./problem.ts";
import { nullable } from "./schemas.ts";
import { TaskView, stateOf } from "./task-view.ts";
import { bulkDocs } from "./verb-docs.ts";
import { type Asked, waiter } from "./waiting.ts";

/** What has become of one task. */
export const OutcomeView = Type.Object(
  {
    name: Type.String(),
    state: State,
    desired: TaskView["properties"].desired,
    problem: nullable(Problem),
  },
  { title: "Outcome" },
);

export function bulkRoutes({ supervisor }: HttpDeps) {
  const forAll = (act: (name: string) => TaskGroup | Promise<TaskGroup>) => async (asked: Asked) => {
    const selection = selectionOf(asked.request);
    if (selection.name === undefined && selection.labels === undefined)
      throw invalid("/name", "say which tasks, with name or label; name=* is all of them");
    const wait = waiter(supervisor, asked);
    const chosen = supervisor.select(selection);
    const items = await Promise.all(
      chosen.map((group) => outcomeOf(group, async () => await wait(await act(group.task.name)))),
    );
    return { items, next_cursor: null };
  };
  return new Elysia({ name: "bulk", prefix: "/tasks" })
    .post(
      "/start",
      forAll((name) => supervisor.start(name)),
      {
        parse: "none",
        detail: bulkDocs("Start tasks", "All that have the labels and a name that fits."),
      },
    )
    .post(
      "/stop",
      forAll((name) => supervisor.stop(name)),
      {
        parse: "none",
        detail: bulkDocs("Stop tasks", "All that have the labels and a name that fits, at the same time."),
      },
    )
    .post(
      "/restart",
      forAll((name) => supervisor.restart(name)),
      {
        parse: "none",
        detail: bulkDocs("Restart tasks", "All that have the labels and a name that fits, at the same time."),
      },
    );
}

async function outcomeOf(group: TaskGroup, act: () => Promise<unknown>) {
  const problem = await act().then(
    () => null,
    (error: unknown) => {
      if (error instanceof MeprocError) return problemOf(error);
      throw error;
    },
  );
  return { name: group.task.name, state: stateOf(group), desired: group.desired, problem };
}
