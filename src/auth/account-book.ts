/** Users, tokens and sessions as they are administered, over the API and on the command line. */
import { Type } from "@sinclair/typebox";
import {
  type AccountStore,
  type Accounts,
  NewToken,
  NewUser,
  Password,
  RightsChange,
  type Session,
  type StoredToken,
  type StoredUser,
  type Token,
  type User,
} from "../domain/accounts.ts";
import { MeprocError } from "../domain/errors.ts";
import type { Actor } from "../domain/fact.ts";
import { checked, checkedName, rightsOf } from "./input.ts";
import { formatToken } from "./named-token.ts";
import { actorOf } from "./owners.ts";
import type { Passwords } from "./passwords.ts";
import { hashOf, makeId, makeSecret } from "./secrets.ts";

const PasswordOrder = Type.Object({ password: Password }, { additionalProperties: false });
/** The name by which the token in the data directory is told of. */
const FIRST = "first";

export interface AccountBookOptions {
  readonly store: AccountStore;
  readonly passwords: Passwords;
  /** Unix ms. */
  readonly wall: () => number;
}

export class AccountBook implements Accounts {
  readonly #store: AccountStore;
  readonly #passwords: Passwords;
  readonly #wall: () => number;

  constructor({ store, passwords, wall }: AccountBookOptions) {
    this.#store = store;
    this.#passwords = passwords;
    this.#wall = wall;
  }

  users(): User[] {
    return this.#store.users().map(withoutPassword);
  }

  async addUser(input: unknown): Promise<User> {
    const { password, ...order } = checked(NewUser, input);
    const name = checkedName(order.name);
    const rights = rightsOf(order);
    this.#assertNoUser(name);
    const hash = await this.#passwords.hash(password);
    this.#assertNoUser(name);
    const now = this.#wall();
    const user = { name, ...rights, createdAt: now, updatedAt: now };
    this.#store.saveUser({ ...user, password: hash });
    return user;
  }

  changeUser(name: string, input: unknown): User {
    const rights = rightsOf(checked(RightsChange, input));
    const user = { ...this.#user(name), ...rights, updatedAt: this.#wall() };
    this.#store.saveUser(user);
    return withoutPassword(user);
  }

  /** Ends the user's sessions as well: whoever knew the old password is out. */
  async setPassword(name: string, input: unknown): Promise<void> {
    const { password } = checked(PasswordOrder, input);
    this.#user(name);
    const hash = await this.#passwords.hash(password);
    this.#store.saveUser({ ...this.#user(name), password: hash, updatedAt: this.#wall() });
    this.#store.removeSessionsOf({ kind: "user", name });
  }

  removeUser(name: string): void {
    if (!this.#store.removeUser(name)) throw noUser(name);
  }

  tokens(): Token[] {
    return this.#store.tokens().map(withoutHash);
  }

  createToken(input: unknown, by: Actor): { token: Token; secret: string } {
    const order = checked(NewToken, input);
    const name = checkedName(order.name);
    const rights = rightsOf(order);
    if (name === FIRST || this.#store.tokens().some((each) => each.name === name))
      throw new MeprocError("already_exists", `There is a token named ${name} already`);
    const now = this.#wall();
    const [id, secret] = [makeId(), makeSecret()];
    const expiresAt = order.expires_in_ms === undefined ? null : now + order.expires_in_ms;
    const token = { id, name, ...rights, createdAt: now, createdBy: by, expiresAt };
    this.#store.saveToken({ ...token, hash: hashOf(secret) });
    return { token, secret: formatToken(id, secret) };
  }

  revokeToken(which: string): void {
    const token = this.#store.tokens().find(({ id, name }) => id === which || name === which);
    if (token === undefined || !this.#store.removeToken(token.id))
      throw new MeprocError("not_found", "There is no such token");
  }

  sessions(): (Session & { readonly actor: Actor })[] {
    const now = this.#wall();
    return this.#store
      .sessions()
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ hash: _, ...session }) => ({ ...session, actor: actorOf(session.owner, this.#store) }));
  }

  endSession(id: string): void {
    if (!this.#store.removeSession(id)) throw new MeprocError("not_found", "There is no such session");
  }

  #user(name: string): StoredUser {
    const user = this.#store.user(name);
    if (user === null) throw noUser(name);
    return user;
  }

  #assertNoUser(name: string): void {
    if (this.#store.user(name) !== null)
      throw new MeprocError("already_exists", `There is a user named ${name} already`);
  }
}

function noUser(name: string): MeprocError {
  return new MeprocError("not_found", `There is no user named ${name}`);
}

function withoutPassword({ password: _, ...user }: StoredUser): User {
  return user;
}

function withoutHash({ hash: _, ...token }: StoredToken): Token {
  return token;
}
