/** The tables of users, tokens and sessions. What is written is on disk at once, since somebody relies on it. */
import type { Database } from "bun:sqlite";
import type { Role } from "../domain/access.ts";
import type { AccountStore, Owner, StoredSession, StoredToken, StoredUser } from "../domain/accounts.ts";

interface UserRow {
  readonly name: string;
  readonly password: string;
  readonly role: string;
  readonly tasks: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly role: string;
  readonly tasks: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
}

interface SessionRow {
  readonly id: string;
  readonly hash: string;
  readonly owner_kind: string;
  readonly owner: string;
  readonly created_at: number;
  readonly used_at: number;
  readonly expires_at: number;
  readonly address: string;
  readonly agent: string | null;
}

const SAVE_SESSION = `INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at, expires_at = excluded.expires_at`;

export class AccountTables implements AccountStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  users(): StoredUser[] {
    return this.#database.query<UserRow, []>("SELECT * FROM users ORDER BY name").all().map(toUser);
  }

  user(name: string): StoredUser | null {
    const row = this.#database.query<UserRow, [string]>("SELECT * FROM users WHERE name = ?").get(name);
    return row === null ? null : toUser(row);
  }

  saveUser({ name, password, role, tasks, createdAt, updatedAt }: StoredUser): void {
    this.#database
      .query("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?)")
      .run(name, password, role, toText(tasks), createdAt, updatedAt);
  }

  removeUser(name: string): boolean {
    return this.#removeOwner("DELETE FROM users WHERE name = ?", name, { kind: "user", name });
  }

  tokens(): StoredToken[] {
    return this.#database.query<TokenRow, []>("SELECT * FROM tokens ORDER BY name").all().map(toToken);
  }

  token(id: string): StoredToken | null {
    const row = this.#database.query<TokenRow, [string]>("SELECT * FROM tokens WHERE id = ?").get(id);
    return row === null ? null : toToken(row);
  }

  saveToken({ id, name, hash, role, tasks, createdAt, createdBy, expiresAt }: StoredToken): void {
    this.#database
      .query("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(id, name, hash, role, toText(tasks), createdAt, createdBy, expiresAt);
  }

  removeToken(id: string): boolean {
    return this.#removeOwner("DELETE FROM tokens WHERE id = ?", id, { kind: "token", id });
  }

  sessions(): StoredSession[] {
    return this.#database
      .query<SessionRow, []>("SELECT * FROM sessions ORDER BY used_at DESC")
      .all()
      .map(toSession);
  }

  session(hash: string): StoredSession | null {
    const row = this.#database.query<SessionRow, [string]>("SELECT * FROM sessions WHERE hash = ?").get(hash);
    return row === null ? null : toSession(row);
  }

  saveSession({ id, hash, owner, createdAt, usedAt, expiresAt, address, agent }: StoredSession): void {
    this.#database
      .query(SAVE_SESSION)
      .run(id, hash, owner.kind, keyOf(owner), createdAt, usedAt, expiresAt, address, agent);
  }

  removeSession(id: string): boolean {
    return this.#database.query("DELETE FROM sessions WHERE id = ?").run(id).changes > 0;
  }

  removeSessionsOf(owner: Owner): void {
    this.#database
      .query("DELETE FROM sessions WHERE owner_kind = ? AND owner = ?")
      .run(owner.kind, keyOf(owner));
  }

  removeSessionsBefore(expired: number): void {
    this.#database.query("DELETE FROM sessions WHERE expires_at <= ?").run(expired);
  }

  #removeOwner(sql: string, key: string, owner: Owner): boolean {
    return this.#database.transaction(() => {
      this.removeSessionsOf(owner);
      return this.#database.query(sql).run(key).changes > 0;
    })();
  }
}

function keyOf(owner: Owner): string {
  if (owner.kind === "user") return owner.name;
  return owner.kind === "token" ? owner.id : owner.mark;
}

function toOwner({ owner_kind, owner }: SessionRow): Owner {
  if (owner_kind === "user") return { kind: "user", name: owner };
  return owner_kind === "token" ? { kind: "token", id: owner } : { kind: "first", mark: owner };
}

const toText = (tasks: readonly string[] | null): string | null =>
  tasks === null ? null : JSON.stringify(tasks);
const fromText = (text: string | null): readonly string[] | null =>
  text === null ? null : (JSON.parse(text) as string[]);

function toUser({ role, tasks, created_at, updated_at, ...row }: UserRow): StoredUser {
  return { ...row, role: role as Role, tasks: fromText(tasks), createdAt: created_at, updatedAt: updated_at };
}

function toToken({ role, tasks, created_at, created_by, expires_at, ...row }: TokenRow): StoredToken {
  return {
    ...row,
    role: role as Role,
    tasks: fromText(tasks),
    createdAt: created_at,
    createdBy: created_by,
    expiresAt: expires_at,
  };
}

function toSession(row: SessionRow): StoredSession {
  return {
    id: row.id,
    hash: row.hash,
    owner: toOwner(row),
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    address: row.address,
    agent: row.agent,
  };
}
