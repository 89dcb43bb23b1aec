/** What of a request is written down for good. */
import type { AuditEntry, AuditLog } from "../domain/accounts.ts";
import { nameProblem } from "../domain/name.ts";
import type { Clock } from "../domain/ports.ts";
import { isTooDeep } from "./json-body.ts";
import type { Visit } from "./visit.ts";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
const LOGIN = "/api/v1/session";
/** A definition is small; beyond, its name is not looked for. */
const MAX_NAMED_BYTES = 64 << 10;

export interface Trail {
  readonly audit: Pick<AuditLog, "addAudit">;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** What reads is only of interest where it was refused to somebody known; what nobody known asks is only if it is a login. */
export function leaveTrail(
  { audit, clock, newId }: Trail,
  visit: Visit,
  method: string,
  status: number,
): void {
  const { caller, address, route, target } = visit;
  if (route === null || status === 429) return;
  if (READS.has(method) && status !== 403) return;
  if (caller === null && route !== LOGIN) return;
  audit.addAudit({
    id: newId(),
    time: clock.now().wall,
    actor: caller?.actor ?? "unknown",
    address,
    action: `${method} ${route}`,
    target,
    outcome: outcomeOf(status),
    status,
  });
}

function outcomeOf(status: number): AuditEntry["outcome"] {
  if (status < 400) return "done";
  return status < 500 ? "refused" : "failed";
}

interface Asked {
  readonly params: Readonly<Record<string, string | undefined>> | undefined;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

/** The name in the path, in the query, or in the body; `null` if there is none that could be one: it may be anything. */
export function targetOf({ params = {}, query, body }: Asked): string | null {
  const name = params["name"] ?? params["user"] ?? params["id"] ?? query["name"] ?? nameIn(body);
  return typeof name === "string" && nameProblem(name) === null ? name : null;
}

function nameIn(body: unknown): unknown {
  if (typeof body !== "string" || body.length > MAX_NAMED_BYTES || isTooDeep(body)) return null;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null) return null;
    return "name" in value ? value.name : "set" in value ? value.set : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
