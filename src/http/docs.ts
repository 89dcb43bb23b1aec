/** Pieces of the OpenAPI document: every call has a summary, a description, an example and each of its answers. */
import type { TSchema } from "@sinclair/typebox";

export const LEGACY_TAG = "Meproc 1.x";

export interface Answer {
  readonly description: string;
  readonly schema?: TSchema | { readonly $ref: string };
  readonly example?: unknown;
  readonly type?: string;
  /** The same in other types, for those who ask for them. */
  readonly also?: Readonly<Record<string, { readonly schema: unknown; readonly example: unknown }>>;
}

export interface Call {
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: {
    readonly schema: TSchema | Readonly<Record<string, unknown>>;
    readonly examples: Record<string, unknown>;
    readonly type?: string;
  };
  readonly answers: Readonly<Record<number, Answer>>;
  /** Nobody has to say who he is. */
  readonly open?: true;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: Record<string, unknown>;
  readonly example?: unknown;
  readonly required?: boolean;
}

export const taskName: Parameter = {
  name: "name",
  in: "path",
  description: "The task's name",
  schema: { type: "string" },
  example: "web",
};

export const query = (
  name: string,
  description: string,
  schema: Record<string, unknown>,
  example?: unknown,
): Parameter => ({ name, in: "query", description, schema, ...(example === undefined ? {} : { example }) });

/** What every call answers to a request that was meant for another host. */
const MISDIRECTED: Answer = {
  description: "The Host header names a host that this service is not known by",
};

/** What every call answers to somebody unknown, where callers have to say who they are. */
const UNKNOWN: Answer = {
  description: "It is not known who asks: a token or a session is needed",
  type: "application/problem+json",
  schema: { $ref: "#/components/schemas/Problem" },
  example: {
    type: "about:blank",
    title: "Unauthorized",
    status: 401,
    code: "unauthorized",
    detail: "Say who you are: a token is needed, or a session",
  },
};
const LEGACY_UNKNOWN: Answer = {
  description: UNKNOWN.description,
  schema: { $ref: "#/components/schemas/LegacyAnswer" },
  example: { msg: "Say who you are: a token is needed, or a session", code: 401 },
};

/** The `detail` of a route. */
export function documented(call: Call) {
  const unknown = call.tag === LEGACY_TAG ? LEGACY_UNKNOWN : UNKNOWN;
  const answers: Call["answers"] = {
    ...call.answers,
    ...(call.open === true ? {} : { 401: unknown }),
    421: MISDIRECTED,
  };
  const responses = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]),
  );
  return {
    tags: [call.tag],
    summary: call.summary,
    description: call.description,
    parameters: (call.parameters ?? []).map((each) => ({ required: each.in === "path", ...each })),
    ...(call.body === undefined ? {} : { requestBody: requestBodyOf(call.body) }),
    responses,
    ...(call.open === true ? { security: [] } : {}),
  } as Record<string, unknown>;
}

function responseOf({ description, schema, example, type = "application/json", also }: Answer) {
  if (schema === undefined && example === undefined) return { description };
  return {
    description,
    content: {
      [type]: { ...(schema === undefined ? {} : { schema }), ...(example === undefined ? {} : { example }) },
      ...also,
    },
  };
}

function requestBodyOf({ schema, examples, type = "application/json" }: NonNullable<Call["body"]>) {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }]);
  return { required: true, content: { [type]: { schema, examples: Object.fromEntries(named) } } };
}

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

export const problem = (description: string, code: string, status: number): Answer => ({
  description,
  type: "application/problem+json",
  schema: ref("Problem"),
  example: { type: "about:blank", title: description, status, code, detail: description },
});

export const NOT_FOUND = problem("There is no such task", "not_found", 404);
export const NO_RUN = problem("There is no such run", "not_found", 404);
export const CONFLICT = problem("A process cannot be killed", "conflict", 409);
export const REVISION = problem("The task is not at the revision of If-Match", "conflict", 412);
export const TOO_LARGE = problem("The body is larger than 1 MiB", "invalid", 413);
export const TIMEOUT = problem("It did not come to be so; `detail` says where it stands", "timeout", 504);
export const EXISTS = problem("The name is in use", "already_exists", 409);
export const CLOSING = problem("The service is stopping", "shutting_down", 503);
export const FORBIDDEN = problem(
  "A page of another origin asked for it, or the caller's role is not enough",
  "forbidden",
  403,
);
export const INVALID: Answer = {
  description: "The input is not valid; `errors` says where and what was expected",
  type: "application/problem+json",
  schema: ref("Problem"),
  example: {
    type: "about:blank",
    title: "Invalid input",
    status: 400,
    code: "invalid",
    detail: "replica: expected an integer from 1 to 1000",
    errors: [{ path: "/replica", message: "expected an integer from 1 to 1000" }],
  },
};
