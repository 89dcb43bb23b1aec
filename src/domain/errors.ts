/** The errors that leave the core: a stable code, words for a person, and where in the input the fault lies. */

export type ErrorCode =
  | "not_found"
  | "already_exists"
  | "invalid"
  | "dependency_cycle"
  | "spawn_failed"
  | "conflict"
  | "unauthorized"
  | "forbidden"
  | "timeout"
  | "shutting_down"
  | "internal";

/** What kind of rule a value broke; the 1.x surface words each in its own way. */
export type Rule = "shape" | "minimum" | "reserved" | "cron_type" | "cron_format" | "cycle" | "identity";

/** One fault of an input: `path` is a JSON pointer, `""` for the whole. The value itself is never in it. */
export interface Issue {
  readonly path: string;
  readonly message: string;
  readonly rule: Rule;
}

export class MeprocError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "MeprocError";
    this.code = code;
    this.hint = options.hint ?? null;
  }
}

/** The task is not at the revision that was asked for: somebody else has changed it. */
export class RevisionError extends MeprocError {
  /** The revision in force, `null` if there is no such task. */
  readonly revision: number | null;

  constructor(name: string, expected: number, revision: number | null) {
    const found = revision === null ? "does not exist" : `is at revision ${revision}`;
    super("conflict", `Task ${name} ${found}, not at ${expected}`, {
      hint: "Read it again, then repeat the change",
    });
    this.name = "RevisionError";
    this.revision = revision;
  }
}

export class InvalidError extends MeprocError {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    const code = issues.some((issue) => issue.rule === "cycle") ? "dependency_cycle" : "invalid";
    super(code, inWords(issues));
    this.name = "InvalidError";
    this.issues = issues;
  }
}

/** An input may be wrong in thousands of places, and the words go to the log as well. */
const MOST_TOLD = 20;

function inWords(issues: readonly Issue[]): string {
  const told = issues.slice(0, MOST_TOLD).map(describeIssue);
  const more = issues.length - told.length;
  return [...told, ...(more === 0 ? [] : [`and ${more} more`])].join("; ");
}

/** `interval: expected an integer`: the field in front, as a person names it. */
export function describeIssue(issue: Issue): string {
  const field = issue.path.slice(1).replaceAll("/", ".");
  return field === "" ? issue.message : `${field}: ${issue.message}`;
}

export function notFound(name: string): MeprocError {
  return new MeprocError("not_found", `There is no task named ${name}`);
}
