/**
 * Who may talk to the service from a browser. A page of another site must neither read (DNS rebinding: the Host is a
 * name that is not ours) nor change anything (a foreign Origin), whatever the method and the content type.
 */
import { hostname } from "node:os";

export type Refusal = { readonly status: 403 | 421; readonly reason: string };

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export interface GuardOptions {
  /** Names and addresses under which the service is reached, beside loopback and plain addresses. */
  readonly names: readonly (string | null)[];
}

export function makeGuard({ names }: GuardOptions): (request: Request) => Refusal | null {
  const ours = new Set([
    "localhost",
    hostname().toLowerCase(),
    ...names.flatMap((name) => name?.toLowerCase() ?? []),
  ]);
  return (request) => {
    const host = request.headers.get("host");
    if (host !== null && !isOurs(host, ours))
      return { status: 421, reason: "the Host header names a host that this service is not known by" };
    if (SAFE.has(request.method)) return null;
    return foreignReason(request, host);
  };
}

function foreignReason(request: Request, host: string | null): Refusal | null {
  const site = request.headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site")
    return { status: 403, reason: "a page of another site asked for it" };
  const origin = request.headers.get("origin");
  if (origin === null || originHost(origin) === host) return null;
  return { status: 403, reason: "the Origin header names another origin" };
}

function originHost(origin: string): string | null {
  return URL.parse(origin)?.host ?? null;
}

/** An address cannot be rebound by DNS, so every plain address is fine; a name has to be one of ours. */
function isOurs(host: string, ours: ReadonlySet<string>): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name.startsWith("[") || /^[\d.]+$/.test(name) || ours.has(name) || name.endsWith(".localhost");
}
