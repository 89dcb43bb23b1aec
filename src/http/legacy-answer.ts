/** The words of Meproc 1.x for what the core reports: always `msg` and `code`, the status line equal to the code. */
import { InvalidError, type Issue, type MeprocError, type Rule, describeIssue } from "../domain/errors.ts";
import { STATUS } from "./problem.ts";

export function legacyAnswer(
  code: number,
  msg: string,
  data?: unknown,
  headers: Record<string, string> = {},
): Response {
  const body = data === undefined ? { msg, code } : { msg, code, data };
  return new Response(JSON.stringify(body), {
    status: code,
    headers: { "content-type": "application/json", ...headers },
  });
}

export function legacyError(error: MeprocError): Response {
  if (error instanceof InvalidError) return legacyAnswer(400, wordsOf(mostTelling(error.issues)));
  switch (error.code) {
    case "already_exists":
      return legacyAnswer(403, "Program exists, please stop it at first");
    case "not_found":
      return legacyAnswer(403, "Program not exists, please start it at first");
    default:
      return legacyAnswer(STATUS[error.code], error.message);
  }
}

/** In the order in which 1.x looks. */
const ORDER: readonly Rule[] = [
  "shape",
  "reserved",
  "minimum",
  "cron_type",
  "cron_format",
  "cycle",
  "identity",
];

function mostTelling(issues: readonly Issue[]): Issue {
  const [first] = [...issues].sort((a, b) => ORDER.indexOf(a.rule) - ORDER.indexOf(b.rule));
  return first ?? { path: "", message: "not valid", rule: "shape" };
}

function wordsOf(issue: Issue): string {
  if (issue.rule === "reserved") return issue.message;
  if (issue.rule === "minimum" && issue.path === "/interval") return "Interval must be a positive integer";
  if (issue.rule === "minimum" && issue.path === "/replica") return "Replica must be a positive integer";
  if (issue.rule === "cron_type") return "Type of cron job must be 'cron'";
  if (issue.rule === "cron_format") return "Invalid cron format";
  return `Invalid JSON field: ${describeIssue(issue)}`;
}
