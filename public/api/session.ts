/** The calls about who one is, and about users, tokens and sessions. */
import { API, request, send } from "./http.ts";

export type Role = "viewer" | "operator" | "admin";

export type Caller = {
  actor: string;
  role: Role;
  /** Globs over the names of tasks; `null` is all. */
  tasks: string[] | null;
  /** `none` where nobody has to say who he is. */
  via: "none" | "token" | "session" | "socket";
};

export type Proof = { token: string } | { user: string; password: string };
export type Rights = { role: Role; tasks?: string[] };
export type User = { name: string; role: Role; tasks: string[] | null };
export type Token = User & { id: string; expires_at: string | null };
export type Session = { id: string; actor: string; used_at: string; address: string; current: boolean };

type List<T> = { items: T[] };
const one = (kind: string, name: string) => `${API}/${kind}/${encodeURIComponent(name)}`;

export const whoAmI = () => request<Caller>(`${API}/session`);
export const logIn = (proof: Proof) => request<Caller>(`${API}/session`, { method: "POST", body: proof });
export const logOut = () => send(`${API}/session`, { method: "DELETE" });

export const listSessions = async () => (await request<List<Session>>(`${API}/sessions`)).items;
export const endSession = (id: string) => send(one("sessions", id), { method: "DELETE" });

export const listUsers = async () => (await request<List<User>>(`${API}/users`)).items;
export const addUser = (user: Rights & { name: string; password: string }) =>
  request<User>(`${API}/users`, { method: "POST", body: user });
export const removeUser = (name: string) => send(one("users", name), { method: "DELETE" });

export const listTokens = async () => (await request<List<Token>>(`${API}/tokens`)).items;
export const createToken = (token: Rights & { name: string; expires_in_ms?: number }) =>
  request<Token & { token: string }>(`${API}/tokens`, { method: "POST", body: token });
export const revokeToken = (id: string) => send(one("tokens", id), { method: "DELETE" });
