/**
 * Who may talk to the service from a browser. A page of another site must neither read (DNS rebinding: the Host is a
 * name that is not ours) nor change anything (a foreign Origin), whatever the method and the content type.
 */
import { hostname, networkInterfaces } from "node:os";

export type Refusal = { readonly status: 403 | 421; readonly reason: string };

/** What a response to a page of a configured origin has to say; `null` where the request comes from no such page. */
export type CorsHeaders = Readonly<Record<string, string>>;

export interface Guard {
  check(request: Request): Refusal | null;
  cors(request: Request): CorsHeaders | null;
}

export interface GuardOptions {
  /** Addresses that are listened on. */
  readonly ips: readonly string[];
  /** Names and addresses under which the service is reached, beside those and those of loopback. */
  readonly names: readonly (string | null)[];
  /** Origins whose pages may use the service. */
  readonly origins: readonly string[];
  /** The addresses of this machine as they are now. */
  readonly ownAddresses?: () => readonly string[];
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
/** Whoever listens on these is reached at every address of the machine. */
const EVERY = new Set(["0.0.0.0", "::"]);
const LOOK_AGAIN_MS = 10_000;

export function makeGuard({ ips, names, origins, ownAddresses = addressesOfMachine }: GuardOptions): Guard {
  const given = [...ips, ...names].flatMap((name) => (name === null ? [] : [plain(name)]));
  const ours = new Set(["localhost", hostname().toLowerCase(), ...given]);
  const addresses = ips.some((ip) => EVERY.has(ip)) ? remembered(ownAddresses) : () => new Set<string>();
  const allowed = new Set(origins.flatMap((origin) => URL.parse(origin)?.origin ?? []));
  const isOurs = (host: string): boolean => {
    const name = nameOf(host);
    if (name === null) return false;
    return isLoopback(name) || ours.has(name) || name.endsWith(".localhost") || addresses().has(name);
  };
  const isAllowed = (origin: string | null): boolean => origin !== null && allowed.has(origin);
  return {
    check: (request) => {
      const host = request.headers.get("host");
      if (host !== null && !isOurs(host))
        return { status: 421, reason: "the Host header names a host that this service is not known by" };
      if (isAllowed(request.headers.get("origin")) || isLink(request)) return null;
      return foreignReason(request, host);
    },
    cors: (request) => {
      const origin = request.headers.get("origin");
      if (origin === null || !isAllowed(origin)) return null;
      return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        vary: "Origin",
      };
    },
  };
}

/** A page may link to ours: what opens then is a document of its own, which the other page cannot look into. */
function isLink(request: Request): boolean {
  return SAFE.has(request.method) && request.headers.get("sec-fetch-mode") === "navigate";
}

function foreignReason(request: Request, host: string | null): Refusal | null {
  const site = request.headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site")
    return { status: 403, reason: "a page of another site asked for it" };
  const origin = request.headers.get("origin");
  if (origin === null || (URL.parse(origin)?.host ?? null) === host) return null;
  return { status: 403, reason: "the Origin header names another origin" };
}

/** The name in a Host header as a browser would write it: short forms of an address are one address. `null` if it is none. */
function nameOf(host: string): string | null {
  if (!/^(\[[0-9a-fA-F:.]+\]|[^\s:/?#@,[\]\\]+)(:\d{1,5})?$/.test(host)) return null;
  const parsed = URL.parse(`http://${host}`);
  return parsed === null ? null : plain(parsed.hostname);
}

/** Without the brackets, and the dot that ends a whole name. */
function plain(name: string): string {
  const bare = name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  return bare.includes(":") ? (URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1) ?? bare) : bare;
}

function isLoopback(name: string): boolean {
  return name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

function addressesOfMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((each = []) => each.map(({ address }) => address));
}

/** A machine gets another address now and then; asking the system for each request would be too often. */
function remembered(look: () => readonly string[]): () => ReadonlySet<string> {
  let known = new Set<string>();
  let until = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now < until) return known;
    until = now + LOOK_AGAIN_MS;
    known = new Set(look().map(plain));
    return known;
  };
}
