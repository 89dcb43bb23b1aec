/** /api/v1/plan and /api/v1/apply: a whole set of tasks. */
import { Elysia } from "elysia";
import { CLOSING, CONFLICT, FORBIDDEN, INVALID, TOO_LARGE, documented, ref } from "./docs.ts";
import type { HttpDeps } from "./deps.ts";
import { readJson } from "./json-body.ts";
import { patient } from "./waiting.ts";

const tag = "Sets";
const body = {
  schema: ref("TaskSet"),
  examples: {
    shop: {
      set: "shop",
      tasks: [
        { name: "migrate", cmd: "./migrate.sh", type: "once" },
        {
          name: "web",
          cmd: "node server.js",
          type: "daemon",
          deps: [{ task: "migrate", condition: "succeeded" }],
        },
      ],
    },
  },
};
const CHANGES = {
  description: "What changes",
  schema: ref("ChangeSet"),
  example: {
    added: ["migrate"],
    changed: [{ name: "web", fields: ["cmd"] }],
    removed: [],
    unchanged: ["db"],
  },
};

export function setRoutes({ supervisor }: HttpDeps) {
  return new Elysia({ name: "sets" })
    .post("/plan", ({ body: text }) => supervisor.plan(readJson(text)), {
      parse: "text",
      detail: documented({
        tag,
        summary: "What applying a set would change",
        description:
          "Looks at all of it and changes nothing. Of what changes the fields are named, never their values.",
        body,
        answers: { 200: CHANGES, 400: INVALID, 403: FORBIDDEN, 413: TOO_LARGE, 503: CLOSING },
      }),
    })
    .post(
      "/apply",
      ({ body: text, request, server }) => {
        patient({ request, server });
        return supervisor.apply(readJson(text));
      },
      {
        parse: "text",
        detail: documented({
          tag,
          summary: "Apply a set",
          description:
            "Makes the tasks those of the set, and touches no other; what reads as it did goes on untouched. One that is wrong anywhere changes nothing. With `set`, tasks that were applied under that name before and are missing now are removed. Answers when what it ends is gone and what it starts has started.",
          body,
          answers: {
            200: CHANGES,
            400: INVALID,
            403: FORBIDDEN,
            409: CONFLICT,
            413: TOO_LARGE,
            503: CLOSING,
          },
        }),
      },
    );
}
