/** A set of tasks that is applied as a whole, and what that changes. */
import { type Static, Type } from "@sinclair/typebox";
import { MAX_NAME_LENGTH, TaskDefinition } from "./task.ts";

const Names = (description: string) => Type.Array(Type.String(), { description });

export const TaskSet = Type.Object(
  {
    tasks: Type.Array(TaskDefinition, { description: "The tasks, each with its whole definition" }),
    set: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_NAME_LENGTH,
        description:
          "The name of the set: tasks that were applied under it before and are missing now are removed. Without it nothing is removed",
        examples: ["shop"],
      }),
    ),
  },
  { additionalProperties: false, title: "Set of tasks" },
);
export type TaskSet = Static<typeof TaskSet>;

/** The same, with each task left to be checked by itself. */
export const RawTaskSet = Type.Object(
  { ...TaskSet.properties, tasks: Type.Array(Type.Unknown({ "x-expected": "a task" })) },
  { additionalProperties: false },
);

export const ChangeSet = Type.Object(
  {
    added: Names("Tasks that did not exist"),
    changed: Type.Array(
      Type.Object({
        name: Type.String(),
        fields: Names("The fields that read otherwise; never their values"),
      }),
    ),
    removed: Names("Tasks of the set that it has no longer"),
    unchanged: Names("Tasks that read as they did: nothing is done with them"),
  },
  { title: "Changes" },
);
export type ChangeSet = Static<typeof ChangeSet>;
