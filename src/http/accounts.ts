/** /api/v1/users and /api/v1/tokens, for an admin. */
import { Elysia } from "elysia";
import { tokenView, userView } from "./account-views.ts";
import {
  addUserDocs,
  changeUserDocs,
  createTokenDocs,
  removeUserDocs,
  revokeTokenDocs,
  setPasswordDocs,
  tokensDocs,
  usersDocs,
} from "./account-docs.ts";
import type { HttpDeps } from "./deps.ts";
import { readJson } from "./json-body.ts";
import { currentCaller } from "./visit.ts";

const gone = () => new Response(null, { status: 204 });
const made = (body: unknown) =>
  Response.json(body, { status: 201, headers: { "cache-control": "no-store" } });

export function accountRoutes({ accounts }: HttpDeps) {
  return new Elysia({ name: "accounts" })
    .get("/users", () => ({ items: accounts.users().map(userView), next_cursor: null }), {
      detail: usersDocs,
    })
    .post("/users", async ({ body }) => made(userView(await accounts.addUser(readJson(body)))), {
      parse: "text",
      detail: addUserDocs,
    })
    .patch("/users/:user", ({ params, body }) => userView(accounts.changeUser(params.user, readJson(body))), {
      parse: "text",
      detail: changeUserDocs,
    })
    .put(
      "/users/:user/password",
      async ({ params, body }) => {
        await accounts.setPassword(params.user, readJson(body));
        return gone();
      },
      { parse: "text", detail: setPasswordDocs },
    )
    .delete(
      "/users/:user",
      ({ params }) => {
        accounts.removeUser(params.user);
        return gone();
      },
      { parse: "none", detail: removeUserDocs },
    )
    .get("/tokens", () => ({ items: accounts.tokens().map(tokenView), next_cursor: null }), {
      detail: tokensDocs,
    })
    .post(
      "/tokens",
      ({ body }) => {
        const { token, secret } = accounts.createToken(readJson(body), currentCaller().actor);
        return made({ ...tokenView(token), token: secret });
      },
      { parse: "text", detail: createTokenDocs },
    )
    .delete(
      "/tokens/:id",
      ({ params }) => {
        accounts.revokeToken(params.id);
        return gone();
      },
      { parse: "none", detail: revokeTokenDocs },
    );
}
