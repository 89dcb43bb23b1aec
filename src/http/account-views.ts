/** Callers, users, tokens, sessions and the audit as the API shows them. */
import { type Static, Type } from "@sinclair/typebox";
import { type Caller, ROLES } from "../domain/access.ts";
import { type AuditEntry, OUTCOMES, type Session, type Token, type User } from "../domain/accounts.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";

const RoleName = Type.Unsafe<(typeof ROLES)[number]>({ type: "string", enum: [...ROLES] });
const Bounds = nullable(
  Type.Array(Type.String(), { description: "Globs over the names of tasks; null is all tasks" }),
);
const Actor = Type.String({
  description: "Who it is, as facts and the audit name him",
  examples: ["user:anna"],
});

export const CallerView = Type.Object(
  {
    actor: Actor,
    role: RoleName,
    tasks: Bounds,
    via: Type.Unsafe<Caller["via"]>({
      type: "string",
      enum: ["none", "token", "session", "socket", "plugin"],
      description: "By what he is known; none where nobody has to say who he is, socket by the Unix socket",
    }),
    session: nullable(Type.String({ description: "The id of the session" })),
    expires_at: nullable(Time),
  },
  { title: "Caller" },
);

export function callerView({
  actor,
  role,
  tasks,
  via,
  session,
  expiresAt,
}: Caller): Static<typeof CallerView> {
  return { actor, role, tasks: listed(tasks), via, session, expires_at: timeOf(expiresAt) };
}

export const UserView = Type.Object(
  { name: Type.String(), role: RoleName, tasks: Bounds, created_at: Time, updated_at: Time },
  { title: "User" },
);

export function userView({ name, role, tasks, createdAt, updatedAt }: User): Static<typeof UserView> {
  const times = { created_at: rfc3339(createdAt), updated_at: rfc3339(updatedAt) };
  return { name, role, tasks: listed(tasks), ...times };
}

export const TokenView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    role: RoleName,
    tasks: Bounds,
    created_at: Time,
    created_by: Actor,
    expires_at: nullable(Time),
  },
  { title: "Token" },
);

export const MadeToken = Type.Object(
  {
    ...TokenView.properties,
    token: Type.String({ description: "The token itself: it is shown this once", examples: ["mep_…"] }),
  },
  { title: "New token, made" },
);

export function tokenView({ id, name, role, tasks, ...rest }: Token): Static<typeof TokenView> {
  const { createdAt, createdBy, expiresAt } = rest;
  const times = { created_at: rfc3339(createdAt), created_by: createdBy, expires_at: timeOf(expiresAt) };
  return { id, name, role, tasks: listed(tasks), ...times };
}

export const SessionView = Type.Object(
  {
    id: Type.String(),
    actor: Actor,
    created_at: Time,
    used_at: Time,
    expires_at: Time,
    address: Type.String(),
    agent: nullable(Type.String({ description: "What the browser calls itself" })),
    current: Type.Boolean({ description: "It is the one that asks" }),
  },
  { title: "Session" },
);

export function sessionView(
  session: Session & { readonly actor: string },
  current: string | null,
): Static<typeof SessionView> {
  const { id, actor, createdAt, usedAt, expiresAt, address, agent } = session;
  const times = {
    created_at: rfc3339(createdAt),
    used_at: rfc3339(usedAt),
    expires_at: rfc3339(expiresAt),
  };
  return { id, actor, ...times, address, agent, current: id === current };
}

export const AuditView = Type.Object(
  {
    id: Type.String(),
    time: Time,
    actor: Actor,
    address: Type.String({ description: "Where it came from" }),
    action: Type.String({ examples: ["POST /api/v1/tasks/:name/stop"] }),
    target: nullable(Type.String({ description: "What it was about, such as a task's name" })),
    outcome: Type.Unsafe<AuditEntry["outcome"]>({ type: "string", enum: [...OUTCOMES] }),
    status: nullable(Type.Integer({ description: "Of the answer" })),
  },
  { title: "Entry of the audit" },
);

export function auditView({ time, ...entry }: AuditEntry): Static<typeof AuditView> {
  return { ...entry, time: rfc3339(time) };
}

function timeOf(wall: number | null): string | null {
  return wall === null ? null : rfc3339(wall);
}

function listed(tasks: readonly string[] | null): string[] | null {
  return tasks === null ? null : [...tasks];
}
