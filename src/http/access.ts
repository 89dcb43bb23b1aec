/** Who somebody is is asked before anything else, what he may do once the route is known. */
import { type Caller, mayAs } from "../domain/access.ts";
import { MeprocError, TooManyError } from "../domain/errors.ts";
import { credentialsOf } from "./credentials.ts";
import type { Cancel, Clock } from "../domain/ports.ts";
import type { HttpDeps } from "./deps.ts";
import { legacyError } from "./legacy-answer.ts";
import { problemResponse } from "./problem.ts";
import { isClosed, ruleOf } from "./route-rules.ts";
import type { Visit } from "./visit.ts";

/** How long somebody may go on reading who has been shut out. */
const LOOK_MS = 5000;

/** A request that needs somebody we know, and is not from one. Throws MeprocError. */
export async function identify(
  visit: Visit,
  { access, clock, peer }: Pick<HttpDeps, "access" | "clock" | "peer">,
  request: Request,
  path: string,
): Promise<void> {
  const credentials = credentialsOf(request);
  // who brings a token wants to be known by that
  const known = credentials.bearer === null ? (peer?.(request) ?? null) : null;
  visit.caller = known ?? access.identify(credentials);
  if (known === null && access.required)
    visit.watch = (changed) => watch(clock, visit.caller, () => access.look(credentials), changed);
  if (visit.caller !== null || !isClosed(request.method, path)) return;
  if (credentials.bearer !== null) await access.failed(visit.address);
  throw unauthorized();
}

/** Looks now and then for as long as an answer lasts. */
function watch(clock: Clock, before: Caller | null, look: () => Caller | null, changed: () => void): Cancel {
  let cancel: Cancel;
  const again = () => {
    cancel = clock.at(clock.now().mono + LOOK_MS, () => {
      if (rightsIn(look()) === rightsIn(before)) again();
      else changed();
    });
  };
  again();
  return () => cancel();
}

function rightsIn(caller: Caller | null): string {
  return caller === null ? "" : JSON.stringify([caller.actor, caller.role, caller.tasks]);
}

export interface OpenRoutes {
  /** The files of the page: they hold nothing, and whoever comes may have them. */
  readonly isPage: (route: string) => boolean;
  readonly metricsOpen: boolean;
}

/** Throws `unauthorized`, `forbidden`. */
export function authorize(visit: Visit, method: string, route: string, open: OpenRoutes): void {
  const rule = ruleOf(method, route) ?? (open.isPage(route) ? "open" : null);
  if (rule === "metrics" && open.metricsOpen) return;
  if (rule === "open") return;
  if (visit.caller === null) throw unauthorized();
  if (rule === "known") return;
  if (rule === "metrics" || rule === "unbounded") {
    if (visit.caller.tasks === null) return;
    throw new MeprocError("forbidden", "This tells of all tasks, and you are bound to some");
  }
  if (rule === null) throw new MeprocError("forbidden", "Nobody may do this: it has no rule");
  if (!mayAs(visit.caller.role, rule)) throw forbidden(visit.caller, rule);
}

function unauthorized(): MeprocError {
  return new MeprocError("unauthorized", "Say who you are: a token is needed, or a session", {
    hint: "Authorization: Bearer <token>; the first token is in the data directory, in the file token",
  });
}

function forbidden({ role }: Caller, needed: string): MeprocError {
  return new MeprocError("forbidden", `This needs the role ${needed}; yours is ${role}`);
}

/** The answer for an error, in the words of the surface that was asked, with the headers that belong to it. */
export function errorAnswer(error: MeprocError, api: boolean): Response {
  const response = api ? problemResponse(error) : legacyError(error);
  if (error.code === "unauthorized") response.headers.set("www-authenticate", "Bearer");
  if (error instanceof TooManyError) response.headers.set("retry-after", String(error.retryAfterS));
  return response;
}
