/** The way in of every request, before the app: whether there is room for it, and when it has left. */
import type { Server } from "bun";
import { legacyAnswer } from "./legacy-answer.ts";
import { isApi, pathOf } from "./paths.ts";
import { plainProblem } from "./problem.ts";
import { remoteAddress } from "./remote-address.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { FullError, type Leave, type Turnstile } from "./turnstile.ts";

export type Handle = (request: Request) => Response | Promise<Response>;

/** Requests that do not fit are answered by `full`; the others by `handle`. */
export function makeEntrance(turnstile: Turnstile, handle: Handle) {
  return async (request: Request, server: Server<undefined> | null): Promise<Response> => {
    let leave: Leave;
    try {
      leave = turnstile.request(remoteAddress(request, server));
    } catch (error) {
      if (error instanceof FullError) return full(pathOf(request), error);
      throw error;
    }
    try {
      return await handle(request);
    } finally {
      leave();
    }
  };
}

/** The answer to who comes when there is no room. */
export function full(path: string, { status, message }: FullError): Response {
  const headers = { ...SECURITY_HEADERS, "retry-after": "1" };
  if (!isApi(path)) return legacyAnswer(status, message, undefined, headers);
  const title = status === 503 ? "Too busy" : "Too many requests";
  return plainProblem({ type: "about:blank", title, status, code: "too_many", detail: message }, headers);
}
