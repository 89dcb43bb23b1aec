/** The one map from errors to answers: problem+json (RFC 9457) under /api/v1, `code` and `msg` elsewhere. */
import { type ErrorCode, InvalidError, type Issue, type MeprocError } from "../domain/errors.ts";

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

export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export function problemOf(error: MeprocError): Problem {
  const problem: Problem = {
    type: "about:blank",
    title: TITLE[error.code],
    status: STATUS[error.code],
    code: error.code,
    detail: error.message,
    ...(error.hint === null ? {} : { hint: error.hint }),
  };
  if (!(error instanceof InvalidError)) return problem;
  return { ...problem, errors: error.issues.map(({ path, message }) => ({ path, message })) };
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
