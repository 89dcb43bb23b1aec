/** The OpenAPI descriptions of users and tokens. */
import { Type } from "@sinclair/typebox";
import { Password } from "../domain/accounts.ts";
import { EXISTS, FORBIDDEN, INVALID, type Parameter, TOO_LARGE, documented, problem, ref } from "./docs.ts";
import { openApi } from "./openapi.ts";

const tag = "Access";
const NO_USER = problem("There is no such user", "not_found", 404);
const NO_TOKEN = problem("There is no such token", "not_found", 404);
const ROLE_NEEDED = problem("The caller's role is not enough", "forbidden", 403);
const user: Parameter = {
  name: "user",
  in: "path",
  description: "The user's name",
  schema: { type: "string" },
  example: "anna",
};
const USER_EXAMPLE = {
  name: "anna",
  role: "operator",
  tasks: ["web-*"],
  created_at: "2026-11-22T12:00:00.000Z",
  updated_at: "2026-11-22T12:00:00.000Z",
};
const TOKEN_EXAMPLE = {
  id: "5f0e1c2b3a495867",
  name: "ci",
  role: "operator",
  tasks: null,
  created_at: "2026-11-22T12:00:00.000Z",
  created_by: "user:anna",
  expires_at: null,
};

export const usersDocs = documented({
  tag,
  summary: "All users",
  description: "Their roles and bounds; never their passwords. For an admin.",
  answers: { 200: { description: "The users", schema: ref("UserList") }, 403: ROLE_NEEDED },
});

export const addUserDocs = documented({
  tag,
  summary: "Add a user",
  description: "Who may log in with a password. What is kept of it is its argon2id hash. For an admin.",
  body: {
    schema: ref("NewUser"),
    examples: {
      operator: { name: "anna", password: "correct horse battery", role: "operator", tasks: ["web-*"] },
    },
  },
  answers: {
    201: { description: "The user", schema: ref("User"), example: USER_EXAMPLE },
    400: INVALID,
    403: FORBIDDEN,
    409: EXISTS,
    413: TOO_LARGE,
  },
});

export const changeUserDocs = documented({
  tag,
  summary: "Change a user's rights",
  description: "They count from the next request on, also in sessions that there are. For an admin.",
  parameters: [user],
  body: { schema: ref("Rights"), examples: { viewer: { role: "viewer" } } },
  answers: {
    200: { description: "The user", schema: ref("User"), example: USER_EXAMPLE },
    400: INVALID,
    403: FORBIDDEN,
    404: NO_USER,
    413: TOO_LARGE,
  },
});

export const setPasswordDocs = documented({
  tag,
  summary: "Set a user's password",
  description: "The user's sessions end with it. For an admin.",
  parameters: [user],
  body: {
    schema: openApi(Type.Object({ password: Password })),
    examples: { password: { password: "correct horse battery" } },
  },
  answers: {
    204: { description: "The password is set" },
    400: INVALID,
    403: FORBIDDEN,
    404: NO_USER,
    413: TOO_LARGE,
  },
});

export const removeUserDocs = documented({
  tag,
  summary: "Remove a user",
  description: "With the user's sessions. For an admin.",
  parameters: [user],
  answers: { 204: { description: "The user is gone" }, 403: FORBIDDEN, 404: NO_USER },
});

export const tokensDocs = documented({
  tag,
  summary: "All tokens",
  description:
    "But the first one, which is in the data directory. Of a token itself only its hash is kept. For an admin.",
  answers: { 200: { description: "The tokens", schema: ref("TokenList") }, 403: ROLE_NEEDED },
});

export const createTokenDocs = documented({
  tag,
  summary: "Make a token",
  description: "The answer has the token itself, this once. For an admin.",
  body: {
    schema: ref("NewToken"),
    examples: { ci: { name: "ci", role: "operator", tasks: ["web-*"], expires_in_ms: 2_592_000_000 } },
  },
  answers: {
    201: {
      description: "The token",
      schema: ref("MadeToken"),
      example: { ...TOKEN_EXAMPLE, token: "mep_5f0e1c2b3a495867_0123…" },
    },
    400: INVALID,
    403: FORBIDDEN,
    409: EXISTS,
    413: TOO_LARGE,
  },
});

export const revokeTokenDocs = documented({
  tag,
  summary: "Revoke a token",
  description: "With the sessions that were begun with it. For an admin.",
  parameters: [
    {
      name: "id",
      in: "path",
      description: "The token's id, or its name",
      schema: { type: "string" },
      example: "ci",
    },
  ],
  answers: { 204: { description: "The token is worth nothing any more" }, 403: FORBIDDEN, 404: NO_TOKEN },
});
