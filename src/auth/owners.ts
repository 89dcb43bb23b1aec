/** Whose a session or token is, and what he may do now: looked up each time, so that a change counts at once. */
import type { Rights } from "../domain/access.ts";
import type { AccountStore, Owner } from "../domain/accounts.ts";
import type { Actor } from "../domain/fact.ts";
import type { FirstToken } from "./first-token.ts";

export interface Standing extends Rights {
  readonly actor: Actor;
  /** Unix ms; `null` for never. */
  readonly expiresAt: number | null;
}

const ADMIN: Standing = { actor: "token:first", role: "admin", tasks: null, expiresAt: null };

/** `null` if there is no such owner any more, or his token has expired. */
export function standingOf(
  owner: Owner,
  { store, first, now }: { store: AccountStore; first: FirstToken; now: number },
): Standing | null {
  switch (owner.kind) {
    case "first":
      return first.mark() === owner.mark ? ADMIN : null;
    case "user": {
      const user = store.user(owner.name);
      return user && { actor: `user:${user.name}`, role: user.role, tasks: user.tasks, expiresAt: null };
    }
    case "token": {
      const token = store.token(owner.id);
      if (token === null || (token.expiresAt ?? Number.POSITIVE_INFINITY) <= now) return null;
      const { name, role, tasks, expiresAt } = token;
      return { actor: `token:${name}`, role, tasks, expiresAt };
    }
  }
}

/** Who is behind an owner, also one who is no more. */
export function actorOf(owner: Owner, store: AccountStore): Actor {
  if (owner.kind === "first") return ADMIN.actor;
  if (owner.kind === "user") return `user:${owner.name}`;
  return `token:${store.token(owner.id)?.name ?? owner.id}`;
}
