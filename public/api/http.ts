/** Requests to the service: JSON in and out, every failure one of two error classes. */
import type { Problem } from "./types.ts";

export const API = "/api/v1";

/** The service answered, and said no. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** Nothing answered. */
export class AwayError extends Error {
  constructor(cause: unknown) {
    super("The service does not answer.", { cause });
    this.name = "AwayError";
  }
}

let unauthorized: () => void = () => undefined;

/** Called back whenever the service does not know who asks any more. */
export function onUnauthorized(callback: () => void): void {
  unauthorized = callback;
}

export type RequestOptions = { method?: string; body?: unknown; signal?: AbortSignal; accept?: string };

/** Sends a request. Throws ProblemError, AwayError, or an AbortError when `signal` ended it. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const accept = options.accept ?? "application/json";
  const init: RequestInit = { method: options.method ?? "GET", headers: { accept } };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    init.headers = { accept, "content-type": "application/json" };
  }
  const response = await fetch(path, init).catch((error: unknown) => {
    throw options.signal?.aborted ? error : new AwayError(error);
  });
  if (response.status === 401) unauthorized();
  if (!response.ok) throw new ProblemError(await readProblem(response));
  return response;
}

/** Sends a request and reads its JSON answer. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  return (await response.json()) as T;
}

/** What to tell a person about a failure. */
export function messageOf(error: unknown): string {
  if (error instanceof ProblemError) {
    const details = (error.problem.errors ?? []).map((one) => one.message);
    return details.length > 0 ? details.join(" ") : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: `The service answered ${response.status} ${response.statusText}`.trim(),
    status: response.status,
    code: "unknown",
  };
  if (!(response.headers.get("content-type") ?? "").includes("json")) return fallback;
  const body = (await response.json()) as Partial<Problem>;
  return { ...fallback, ...body };
}
