/** /api/v1/runs: what has run. */
import { Elysia } from "elysia";
import { MeprocError } from "../domain/errors.ts";
import type { RunQuery, RunRecord } from "../domain/history.ts";
import { RESULTS } from "../domain/run.ts";
import type { HttpDeps } from "./deps.ts";
import { INVALID, NO_RUN, type Parameter, documented, query, ref } from "./docs.ts";
import { runOutputDocs } from "./output-docs.ts";
import { readRunOutput } from "./output-read.ts";
import { invalid } from "./problem.ts";
import { runView } from "./run-view.ts";
import { SINCE, parseSince } from "./since.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
const tag = "Runs";

const runId: Parameter = {
  name: "id",
  in: "path",
  description: "The run's id",
  schema: { type: "string" },
  example: "01a20398-5f07-7566-adee-cc76a7cb3381",
};

export function runRoutes(deps: HttpDeps) {
  const { archive, clock } = deps;
  const find = (id: string): RunRecord => {
    const record = archive.run(id);
    if (record === null) throw new MeprocError("not_found", "There is no such run");
    return record;
  };
  return new Elysia({ name: "runs", prefix: "/runs" })
    .get(
      "",
      ({ query }) => {
        const { items, nextCursor } = archive.runs(toQuery(query, clock.now().wall));
        return { items: items.map(runView), next_cursor: nextCursor };
      },
      {
        detail: documented({
          tag,
          summary: "What has run, the newest first",
          description:
            "The history of runs, also of tasks that are no more. `next_cursor` leads to the next page.",
          parameters: [
            query("task", "Only of this task", { type: "string" }),
            query("result", "Only with this result", { type: "string", enum: [...RESULTS] }),
            query(
              "since",
              "Only what started then or later: a time of RFC 3339, or how long ago (`15m`, `2h`, `3d`)",
              SINCE,
            ),
            query("limit", "How many at most", {
              type: "integer",
              minimum: 1,
              maximum: MAX_LIMIT,
              default: DEFAULT_LIMIT,
            }),
            query("cursor", "The `next_cursor` of the page before", { type: "string" }),
          ],
          answers: { 200: { description: "The runs", schema: ref("RunList") }, 400: INVALID },
        }),
      },
    )
    .get("/:id", ({ params }) => runView(find(params.id)), {
      detail: documented({
        tag,
        summary: "One run",
        description: "When it started and ended, how, and what it used.",
        parameters: [runId],
        answers: { 200: { description: "The run", schema: ref("Run") }, 404: NO_RUN },
      }),
    })
    .get(
      "/:id/output",
      ({ params, query, request, server }) => {
        const { run, alias } = find(params.id);
        return readRunOutput(deps, run, alias, { request, server, query });
      },
      { detail: runOutputDocs(runId) },
    );
}

function toQuery(given: Readonly<Record<string, string | undefined>>, now: number): RunQuery {
  const { task, result, since, cursor } = given;
  return {
    limit: limitOf(given["limit"]),
    ...(task === undefined ? {} : { task }),
    ...(result === undefined ? {} : { result: resultOf(result) }),
    ...(since === undefined ? {} : { since: parseSince(since, now) }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw invalid("/limit", `expected an integer from 1 to ${MAX_LIMIT}`);
}

function resultOf(text: string): string {
  if (RESULTS.some((result) => result === text)) return text;
  throw invalid("/result", `expected one of ${RESULTS.join(", ")}`);
}
