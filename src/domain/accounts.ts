/** Users, tokens, sessions and the audit: what is remembered of them, and who does so. No secret is, only what it hashes to. */
import { type Static, Type } from "@sinclair/typebox";
import { ROLES, type Rights, type Role } from "./access.ts";
import type { Actor } from "./fact.ts";

/** Times are Unix ms. */
export interface User extends Rights {
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface StoredUser extends User {
  /** argon2id, with its salt. */
  readonly password: string;
}

export interface Token extends Rights {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly createdBy: Actor;
  /** `null` for never. */
  readonly expiresAt: number | null;
}

export interface StoredToken extends Token {
  /** SHA-256: the secret has 256 bits, so it needs no salt and no slowness. */
  readonly hash: string;
}

/** Whose a session is: its rights are looked up at each request. */
export type Owner =
  | { readonly kind: "user"; readonly name: string }
  | { readonly kind: "token"; readonly id: string }
  /** The token in the data directory; `mark` tells it from one that was there before. */
  | { readonly kind: "first"; readonly mark: string };

export interface Session {
  readonly id: string;
  readonly owner: Owner;
  readonly createdAt: number;
  readonly usedAt: number;
  readonly expiresAt: number;
  readonly address: string;
  readonly agent: string | null;
}

export interface StoredSession extends Session {
  readonly hash: string;
}

/** Something that somebody asked for. */
export interface AuditEntry {
  /** In the order of time. */
  readonly id: string;
  readonly time: number;
  readonly actor: Actor;
  readonly address: string;
  /** `POST /api/v1/tasks/:name/stop`, or the words of the command line. */
  readonly action: string;
  readonly target: string | null;
  readonly outcome: Outcome;
  /** The status of the answer, where there was one. */
  readonly status: number | null;
}

export const OUTCOMES = ["done", "refused", "failed"] as const;
type Outcome = (typeof OUTCOMES)[number];

export interface AuditQuery {
  readonly limit: number;
  /** Only what is older than this entry. */
  readonly before?: string;
  readonly actor?: string;
}

export interface AuditLog {
  /** Never throws: what cannot be written is made up for later. */
  addAudit(entry: AuditEntry): void;
  /** The newest first. */
  audit(query: AuditQuery): AuditEntry[];
}

/** Where accounts are kept. What is written is on disk when a call returns; what cannot be written is thrown. */
export interface AccountStore {
  users(): StoredUser[];
  user(name: string): StoredUser | null;
  saveUser(user: StoredUser): void;
  /** With its sessions. */
  removeUser(name: string): boolean;
  tokens(): StoredToken[];
  token(id: string): StoredToken | null;
  saveToken(token: StoredToken): void;
  /** With its sessions. */
  removeToken(id: string): boolean;
  sessions(): StoredSession[];
  session(hash: string): StoredSession | null;
  saveSession(session: StoredSession): void;
  removeSession(id: string): boolean;
  removeSessionsOf(owner: Owner): void;
  removeSessionsBefore(expired: number): void;
}

const RoleField = Type.Union(
  ROLES.map((role) => Type.Literal(role)),
  { description: "viewer sees, operator starts and stops, admin defines, removes and manages accounts" },
);
const TasksField = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
  minItems: 1,
  maxItems: 100,
  description: "Only tasks whose names one of these globs takes; all if not given. Not for an admin",
  examples: [["web-*"]],
});
const AccountName = Type.String({ minLength: 1, maxLength: 64, examples: ["anna"] });
/** Long enough not to be guessed at the pace that is left to a guesser; short enough not to be work for us. */
export const Password = Type.String({
  minLength: 8,
  maxLength: 256,
  "x-expected": "a password of 8 to 256 characters",
  examples: ["correct horse battery"],
});

export const NewUser = Type.Object(
  { name: AccountName, password: Password, role: RoleField, tasks: Type.Optional(TasksField) },
  { title: "New user", additionalProperties: false },
);
export type NewUser = Static<typeof NewUser>;

export const NewToken = Type.Object(
  {
    name: AccountName,
    role: RoleField,
    tasks: Type.Optional(TasksField),
    expires_in_ms: Type.Optional(
      Type.Integer({ minimum: 1000, maximum: 315_360_000_000, description: "Never if not given" }),
    ),
  },
  { title: "New token", additionalProperties: false },
);
export type NewToken = Static<typeof NewToken>;

export const RightsChange = Type.Object(
  { role: RoleField, tasks: Type.Optional(TasksField) },
  { title: "Rights", additionalProperties: false },
);

/** A user or token with a name of its own and the role that it is to have. */
export interface Named {
  readonly name: string;
  readonly role: Role;
  readonly tasks?: readonly string[];
}

/** Users, tokens and sessions, as they are administered. Throws InvalidError, `not_found`, `already_exists`. */
export interface Accounts {
  users(): User[];
  addUser(input: unknown): Promise<User>;
  changeUser(name: string, input: unknown): User;
  setPassword(name: string, input: unknown): Promise<void>;
  removeUser(name: string): void;
  tokens(): Token[];
  /** `secret` is the whole token, and never to be had again. */
  createToken(input: unknown, by: Actor): { readonly token: Token; readonly secret: string };
  /** By its id or its name. */
  revokeToken(which: string): void;
  sessions(): (Session & { readonly actor: Actor })[];
  endSession(id: string): void;
}
