/**
 * Says who somebody is, by what he brings. Nothing is remembered between requests but in the store: what is revoked there,
 * by whomever, is so at the next request.
 */
import {
  ANYONE,
  type Access,
  type Caller,
  type Credentials,
  type Origin,
  type Proof,
} from "../domain/access.ts";
import type { AccountStore, Owner } from "../domain/accounts.ts";
import { MeprocError } from "../domain/errors.ts";
import type { Clock } from "../domain/ports.ts";
import type { FirstToken } from "./first-token.ts";
import { parseToken } from "./named-token.ts";
import { type Standing, standingOf } from "./owners.ts";
import type { Passwords } from "./passwords.ts";
import { hashOf, isSame, makeId, makeSecret } from "./secrets.ts";
import { Throttle } from "./throttle.ts";

/** A session in use is written down so often, and not at each request. */
const RENEW_MS = 60_000;
const MAX_AGENT_LENGTH = 200;

export interface DoorkeeperOptions {
  readonly required: boolean;
  readonly store: AccountStore;
  readonly first: FirstToken;
  readonly passwords: Passwords;
  readonly clock: Clock;
  /** How long a session lasts that nobody uses. */
  readonly sessionMs: number;
  /** A session that could not be renewed ends earlier than it should. */
  readonly onTrouble: (error: unknown) => void;
}

export class Doorkeeper implements Access {
  readonly required: boolean;
  readonly #options: DoorkeeperOptions;
  readonly #throttle: Throttle;

  constructor(options: DoorkeeperOptions) {
    this.required = options.required;
    this.#options = options;
    this.#throttle = new Throttle(options.clock);
  }

  identify(credentials: Credentials): Caller | null {
    return this.#find(credentials, true);
  }

  look(credentials: Credentials): Caller | null {
    return this.#find(credentials, false);
  }

  failed(address: string): Promise<void> {
    return this.#throttle.failed(address);
  }

  async login(proof: Proof, origin: Origin): Promise<{ caller: Caller; cookie: string }> {
    if (!this.required) throw new MeprocError("conflict", "Nobody has to log in here");
    const owner = "token" in proof ? this.#ownerOf(proof.token) : await this.#ownerBy(proof, origin.address);
    const standing = owner === null ? null : this.#standing(owner);
    if (owner !== null && standing !== null) return this.#begin(owner, standing, origin);
    await this.#throttle.failed(origin.address);
    const detail = "token" in proof ? "The token is not valid" : "User or password is wrong";
    throw new MeprocError("unauthorized", detail);
  }

  logout(session: string): void {
    this.#options.store.removeSession(session);
  }

  #find({ bearer, cookie }: Credentials, used: boolean): Caller | null {
    if (!this.required) return ANYONE;
    if (bearer !== null) return this.#byToken(bearer);
    return cookie === null ? null : this.#bySession(cookie, used);
  }

  #now(): number {
    return this.#options.clock.now().wall;
  }

  #standing(owner: Owner): Standing | null {
    const { store, first } = this.#options;
    return standingOf(owner, { store, first, now: this.#now() });
  }

  #byToken(text: string): Caller | null {
    const owner = this.#ownerOf(text);
    const standing = owner === null ? null : this.#standing(owner);
    return standing && { ...standing, via: "token", session: null };
  }

  #ownerOf(text: string): Owner | null {
    const { store, first } = this.#options;
    const parsed = parseToken(text);
    if (parsed !== null) {
      const token = store.token(parsed.id);
      const proven = isSame(hashOf(parsed.secret), token?.hash ?? hashOf(""));
      return token !== null && proven ? { kind: "token", id: token.id } : null;
    }
    const mark = first.matches(text) ? first.mark() : null;
    return mark === null ? null : { kind: "first", mark };
  }

  async #ownerBy({ user, password }: { user: string; password: string }, address: string) {
    this.#throttle.admit(address);
    const { store, passwords } = this.#options;
    const known = store.user(user);
    const proven = await passwords.verify(password, known?.password ?? null);
    // a password that was changed meanwhile is an old one
    const same = store.user(user)?.password === known?.password;
    return proven && same ? ({ kind: "user", name: user } as const) : null;
  }

  #begin(owner: Owner, standing: Standing, { address, agent }: Origin) {
    const { store, sessionMs } = this.#options;
    const now = this.#now();
    const cookie = makeSecret();
    const id = makeId();
    const expiresAt = now + sessionMs;
    store.removeSessionsBefore(now);
    store.saveSession({
      id,
      hash: hashOf(cookie),
      owner,
      createdAt: now,
      usedAt: now,
      expiresAt,
      address,
      agent: agent?.slice(0, MAX_AGENT_LENGTH) ?? null,
    });
    const caller: Caller = { ...standing, via: "session", session: id, expiresAt };
    return { caller, cookie };
  }

  #bySession(cookie: string, used: boolean): Caller | null {
    const { store, sessionMs, onTrouble } = this.#options;
    const session = store.session(hashOf(cookie));
    const now = this.#now();
    if (session === null || session.expiresAt <= now) return null;
    const standing = this.#standing(session.owner);
    if (standing === null) return null;
    const renewed = used ? { ...session, usedAt: now, expiresAt: now + sessionMs } : session;
    if (used && now - session.usedAt >= RENEW_MS) {
      try {
        store.saveSession(renewed);
      } catch (error) {
        onTrouble(error);
      }
    }
    return { ...standing, via: "session", session: session.id, expiresAt: renewed.expiresAt };
  }
}
