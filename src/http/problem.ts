/** The one map from errors to answers: problem+json (RFC 9457) under /api/v1, `code` and `msg` elsewhere. */
import { type Static, Type } from "@sinclair/typebox";
import {
  type ErrorCode,
  InvalidError,
  type Issue,
  type MeprocError,
  RevisionError,
} from "../domain/errors.ts";

export const STATUS: Record<ErrorCode, number> = {
  not_found: 404,
  already_exists: 409,
  invalid: 400,
  dependency_cycle: 400,
  spawn_failed: 500,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  timeout: 504,
  shutting_down: 503,
  internal: 500,
};

const TITLE: Record<ErrorCode, string> = {
  not_found: "Not found",
  already_exists: "Already exists",
  invalid: "Invalid input",
  dependency_cycle: "Dependency cycle",
  spawn_failed: "Cannot be started",
  conflict: "Conflict",
  unauthorized: "Unauthorized",
  forbidden: "Forbidden",
  timeout: "Timeout",
  shutting_down: "Shutting down",
  internal: "Internal error",
};

export const CODES = [
  ...(Object.keys(STATUS) as ErrorCode[]),
  "method_not_allowed",
] as const satisfies readonly string[];

export const Problem = Type.Object(
  {
    type: Type.Unsafe<"about:blank">({ type: "string" }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Unsafe<(typeof CODES)[number]>({
      type: "string",
      enum: [...CODES],
      description: "Stable, for programs",
    }),
    detail: Type.String({ description: "In words, for people" }),
    hint: Type.Optional(Type.String({ description: "What may help" })),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
        description: "Where in the input the faults are, as JSON pointers",
      }),
    ),
  },
  { title: "Problem (RFC 9457)" },
);
export type Problem = Static<typeof Problem>;

export function problemOf(error: MeprocError): Problem {
  const problem: Problem = {
    type: "about:blank",
    title: TITLE[error.code],
    status: statusOf(error),
    code: error.code,
    detail: error.message,
    ...(error.hint === null ? {} : { hint: error.hint }),
  };
  if (!(error instanceof InvalidError)) return problem;
  return {
    ...problem,
    errors: error.issues.map(({ path, message }) => ({ path, message })),
  };
}

/** That somebody else was faster is a conflict as well, and has a status of its own in HTTP. */
function statusOf(error: MeprocError): number {
  return error instanceof RevisionError ? 412 : STATUS[error.code];
}

export function problemResponse(error: MeprocError, headers: Record<string, string> = {}): Response {
  return plainProblem(problemOf(error), headers);
}

/** For answers that no error of the core stands behind, such as an unknown path. */
export function plainProblem(problem: Problem, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

export function invalid(path: string, message: string): InvalidError {
  const issue: Issue = { path, message, rule: "shape" };
  return new InvalidError([issue]);
}
