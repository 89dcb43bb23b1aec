/**
 * Who may do what: the words for it, and what the surface needs of whoever knows the callers. Rights are a role, and
 * for all but admins maybe a bound: globs over the names of tasks. What is out of bounds does not exist to a caller.
 */
import type { Actor } from "./fact.ts";
import { matches } from "./glob.ts";

/** Each may do what those before it may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Rights {
  readonly role: Role;
  /** Globs over names of tasks; `null` is all tasks. */
  readonly tasks: readonly string[] | null;
}

/** Somebody whom we know. */
export interface Caller extends Rights {
  readonly actor: Actor;
  /** By what: `none` where nobody has to say who he is, `socket` where the system says it, `plugin` from inside. */
  readonly via: "none" | "token" | "session" | "socket" | "plugin";
  /** The id of the session, for the one who came with its cookie. */
  readonly session: string | null;
  /** Unix ms; `null` for never. */
  readonly expiresAt: number | null;
}

/** Whoever comes, where nobody has to say who he is. */
export const ANYONE: Caller = {
  actor: "api",
  role: "admin",
  tasks: null,
  via: "none",
  session: null,
  expiresAt: null,
};

export function mayAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Whether a task is within somebody's bounds. */
export function sees({ tasks }: Pick<Rights, "tasks">, task: string): boolean {
  return tasks === null || tasks.some((glob) => matches(glob, task));
}

/** What a request brings. */
export interface Credentials {
  readonly bearer: string | null;
  /** The value of the session's cookie. */
  readonly cookie: string | null;
}

/** How somebody logs in. */
export type Proof = { readonly token: string } | { readonly user: string; readonly password: string };

/** Where a request comes from, as a list of sessions shows it. */
export interface Origin {
  readonly address: string;
  readonly agent: string | null;
}

/** Knows the callers. */
export interface Access {
  /** Callers have to say who they are. */
  readonly required: boolean;
  /** `null` for nobody that we know, or no longer. */
  identify(credentials: Credentials): Caller | null;
  /** The same, and no use: a session that only looks on does not last longer for it. */
  look(credentials: Credentials): Caller | null;
  /** To be awaited before a wrong token is answered: who fails often waits. Throws `too_many`. */
  failed(address: string): Promise<void>;
  /** Makes a session; `cookie` is its secret. Throws `unauthorized`, `too_many`. */
  login(proof: Proof, origin: Origin): Promise<{ readonly caller: Caller; readonly cookie: string }>;
  /** Ends a session by its id. */
  logout(session: string): void;
}
