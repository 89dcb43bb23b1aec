/** The OpenAPI document at /swagger/json. Swagger UI itself is among the page's files, so that it works offline. */
import { swagger } from "@elysiajs/swagger";
import { type TSchema, Type } from "@sinclair/typebox";
import { TaskDefinition } from "../domain/task.ts";
import { webUrl } from "./address.ts";
import type { HttpDeps } from "./deps.ts";
import { OutputFileView } from "./output-file-view.ts";
import { RunView } from "./run-view.ts";
import { TaskView } from "./task-view.ts";

const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: "Stable, for programs" }),
    detail: Type.String({ description: "In words, for people" }),
    hint: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { title: "Problem (RFC 9457)" },
);

const LegacyAnswer = Type.Object(
  {
    msg: Type.String(),
    code: Type.Integer(),
    data: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { title: "Answer of Meproc 1.x" },
);

export function documentRoutes({ version, config }: HttpDeps) {
  const web = webUrl(config);
  const schemas = {
    TaskDefinition: openApi(TaskDefinition),
    Task: openApi(TaskView),
    TaskList: listOf("Task"),
    Run: openApi(RunView),
    RunList: listOf("Run"),
    OutputFile: openApi(OutputFileView),
    OutputFileList: listOf("OutputFile"),
    Problem: openApi(Problem),
    LegacyAnswer: openApi(LegacyAnswer),
  };
  return swagger({
    path: "/swagger",
    specPath: "/swagger/json",
    documentation: {
      info: {
        title: "Meproc",
        version,
        description:
          "Starts, stops and restarts programs. `/proc` is the interface of Meproc 1.x; `/api/v1` is the newer one over the same tasks.",
        license: { name: "BSD-3-Clause" },
      },
      servers: web === null ? [{ url: "/", description: "This service" }] : [{ url: web }, { url: "/" }],
      tags: [
        { name: "Tasks", description: "Definitions, and what is done with them" },
        { name: "Runs", description: "What has run, and how it ended" },
        { name: "Output", description: "What the processes wrote" },
        { name: "Events", description: "What happens" },
        { name: "Service", description: "The service itself" },
        { name: "Meproc 1.x", description: "The interface of Meproc 1.x, to the letter" },
      ],
      components: { schemas: schemas as never },
    },
  });
}

function listOf(name: string) {
  return {
    type: "object",
    required: ["items", "next_cursor"],
    properties: {
      items: { type: "array", items: { $ref: `#/components/schemas/${name}` } },
      next_cursor: { type: "string", nullable: true },
    },
  };
}

/** OpenAPI 3.0 is not quite JSON Schema: a choice of texts is an enum, an example is one value. */
function openApi(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return withExample(withEnum(value as Record<string, unknown>));
  });
}

function withEnum(schema: Record<string, unknown>): Record<string, unknown> {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf)) return schema;
  return { ...rest, type: "string", enum: anyOf.map((each: { const?: unknown }) => each.const) };
}

function withExample(schema: Record<string, unknown>): Record<string, unknown> {
  const { examples, ...rest } = schema;
  return Array.isArray(examples) ? { ...rest, example: examples[0] } : schema;
}
