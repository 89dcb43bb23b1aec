/** /api/v1/tasks: definitions, listed, made, changed and removed. */
import { Elysia } from "elysia";
import { STATE_KINDS } from "../domain/instance.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import type { HttpDeps } from "./deps.ts";
import { etagOf, ifMatch } from "./if-match.ts";
import { readJson, readObject } from "./json-body.ts";
import { selectionOf } from "./label-query.ts";
import { pageOf } from "./pages.ts";
import { type Query, choice, flag, integer } from "./query.ts";
import { MAX_LIMIT, createDocs, getDocs, listDocs, patchDocs, putDocs, removeDocs } from "./task-docs.ts";
import { stateOf, taskDetails, taskView } from "./task-view.ts";
import { patient, waiter } from "./waiting.ts";

const NEWEST_FACTS = 20;

export function taskRoutes({ supervisor, facts }: HttpDeps) {
  const find = (name: string): TaskGroup | undefined =>
    supervisor.list().find(({ task }) => task.name === name);
  return new Elysia({ name: "tasks", prefix: "/tasks" })
    .get("", ({ request, query }) => listed(supervisor.select(selectionOf(request)), query), {
      detail: listDocs,
    })
    .post(
      "",
      async ({ body, query, request, server }) => {
        const wait = waiter(supervisor, { request, server, query });
        return answer(201, await wait(await supervisor.define(readJson(body))));
      },
      { parse: "text", detail: createDocs },
    )
    .get(
      "/:name",
      ({ params: { name }, query }) => {
        const withUsage = flag(query, "usage");
        const group = supervisor.get(name);
        const newest = facts.facts({ task: name, limit: NEWEST_FACTS, newest: true });
        return answer(200, group, taskDetails(group, newest, withUsage ? supervisor.usage(name) : null));
      },
      { detail: getDocs },
    )
    .put(
      "/:name",
      async ({ params: { name }, body, query, request, server }) => {
        const wait = waiter(supervisor, { request, server, query });
        const change = ifMatch(request, name, find(name));
        const { group, created } = await supervisor.replace(name, readJson(body), change);
        return answer(created ? 201 : 200, await wait(group));
      },
      { parse: "text", detail: putDocs },
    )
    .patch(
      "/:name",
      async ({ params: { name }, body, query, request, server }) => {
        const wait = waiter(supervisor, { request, server, query });
        const change = ifMatch(request, name, supervisor.get(name));
        const { group } = await supervisor.patch(name, readObject(body), change);
        return answer(200, await wait(group));
      },
      { parse: "text", detail: patchDocs },
    )
    .delete(
      "/:name",
      async ({ params: { name }, request, server }) => {
        patient({ request, server });
        await supervisor.remove(name, ifMatch(request, name, supervisor.get(name)));
        return new Response(null, { status: 204 });
      },
      { parse: "none", detail: removeDocs },
    );
}

function listed(groups: readonly TaskGroup[], query: Query) {
  const state = choice(query, "state", STATE_KINDS);
  const limit = integer(query, "limit", 1, MAX_LIMIT);
  const chosen = state === null ? groups : groups.filter((group) => stateOf(group) === state);
  const placeOf = ({ task, createdAt }: TaskGroup) => ({ name: task.name, at: createdAt });
  const { items, nextCursor } = pageOf(chosen, placeOf, { limit, cursor: query["cursor"] });
  return { items: items.map(taskView), next_cursor: nextCursor };
}

/** The task with the tag of its revision. */
export function answer(status: number, group: TaskGroup, body: unknown = taskView(group)): Response {
  return Response.json(body, { status, headers: { etag: etagOf(group), "cache-control": "no-store" } });
}
