/** /api/v1/session and /api/v1/sessions: logging in and out, who one is, and who else is. */
import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { mayAs } from "../domain/access.ts";
import { InvalidError, MeprocError } from "../domain/errors.ts";
import { parse } from "../domain/parse.ts";
import { callerView, sessionView } from "./account-views.ts";
import { endedCookie, sessionCookie } from "./credentials.ts";
import type { HttpDeps } from "./deps.ts";
import { FORBIDDEN, INVALID, documented, problem, ref } from "./docs.ts";
import { readObject } from "./json-body.ts";
import { currentCaller, currentVisit } from "./visit.ts";

const tag = "Access";
const CALLER_EXAMPLE = {
  actor: "user:anna",
  role: "operator",
  tasks: ["web-*"],
  via: "session",
  session: "5f0e1c2b3a495867",
  expires_at: "2026-11-23T00:00:00.000Z",
};
export const NO_SESSION = problem("There is no such session", "not_found", 404);

/** Longer than any that is taken when a password is set, so that a wrong one is wrong and nothing else. */
const Text = Type.String({ minLength: 1, maxLength: 512 });
const ByToken = Type.Object({ token: Text }, { additionalProperties: false });
const ByPassword = Type.Object({ user: Text, password: Text }, { additionalProperties: false });

export function sessionRoutes({ access, accounts }: HttpDeps) {
  return new Elysia({ name: "sessions" })
    .post(
      "/session",
      async ({ body, request }) => {
        const { address } = currentVisit();
        const origin = { address, agent: request.headers.get("user-agent") };
        const { caller, cookie } = await access.login(proofOf(body), origin);
        currentVisit().caller = caller;
        return Response.json(callerView(caller), {
          status: 201,
          headers: { "set-cookie": sessionCookie(request, cookie), "cache-control": "no-store" },
        });
      },
      {
        parse: "text",
        detail: documented({
          tag,
          summary: "Log in",
          description:
            "With a token, or with user and password. The answer sets the cookie of a session, which lasts until it is not used for the hours that the configuration says.",
          open: true,
          body: {
            schema: ref("Login"),
            examples: {
              user: { user: "anna", password: "correct horse battery" },
              token: { token: "mep_5f0e1c2b3a495867_0123…" },
            },
          },
          answers: {
            201: { description: "Who one is now", schema: ref("Caller"), example: CALLER_EXAMPLE },
            400: INVALID,
            401: problem("User or password is wrong", "unauthorized", 401),
            403: problem("A page of another origin asked for it", "forbidden", 403),
            409: problem("Nobody has to log in here", "conflict", 409),
            429: problem("Too many attempts; Retry-After says when to try again", "too_many", 429),
          },
        }),
      },
    )
    .get("/session", () => callerView(currentCaller()), {
      detail: documented({
        tag,
        summary: "Who one is",
        description: "The caller's name, role and bounds, and by what he is known.",
        answers: { 200: { description: "The caller", schema: ref("Caller"), example: CALLER_EXAMPLE } },
      }),
    })
    .delete(
      "/session",
      ({ request }) => {
        const { session } = currentCaller();
        if (session !== null) access.logout(session);
        return new Response(null, { status: 204, headers: { "set-cookie": endedCookie(request) } });
      },
      {
        parse: "none",
        detail: documented({
          tag,
          summary: "Log out",
          description: "Ends the session of the cookie that is sent; without one it does nothing.",
          answers: { 204: { description: "The session has ended" }, 403: FORBIDDEN },
        }),
      },
    )
    .get(
      "/sessions",
      () => {
        const caller = currentCaller();
        const items = accounts.sessions().filter(({ actor }) => mayEnd(actor));
        return { items: items.map((each) => sessionView(each, caller.session)), next_cursor: null };
      },
      {
        detail: documented({
          tag,
          summary: "Who is logged in",
          description: "One's own sessions; an admin sees all. The one that was used last comes first.",
          answers: { 200: { description: "The sessions", schema: ref("SessionList") } },
        }),
      },
    )
    .delete(
      "/sessions/:id",
      ({ params: { id } }) => {
        const session = accounts.sessions().find((each) => each.id === id);
        if (session === undefined || !mayEnd(session.actor))
          throw new MeprocError("not_found", "There is no such session");
        accounts.endSession(id);
        return new Response(null, { status: 204 });
      },
      {
        parse: "none",
        detail: documented({
          tag,
          summary: "End a session",
          description: "One's own; an admin ends any.",
          parameters: [
            { name: "id", in: "path", description: "The session's id", schema: { type: "string" } },
          ],
          answers: {
            204: { description: "The session has ended" },
            403: FORBIDDEN,
            404: NO_SESSION,
          },
        }),
      },
    );
}

function mayEnd(actor: string): boolean {
  const caller = currentCaller();
  return mayAs(caller.role, "admin") || caller.actor === actor;
}

/** Never says which part of it is wrong. Throws InvalidError. */
function proofOf(body: unknown): Static<typeof ByToken> | Static<typeof ByPassword> {
  const given = readObject(body);
  const parsed = "token" in given ? parse(ByToken, given) : parse(ByPassword, given);
  if (!parsed.ok) throw new InvalidError(parsed.issues);
  return parsed.value;
}

export const Login = Type.Object(
  { token: Type.Optional(Text), user: Type.Optional(Text), password: Type.Optional(Text) },
  { title: "Login", description: "Either a token, or user and password" },
);
