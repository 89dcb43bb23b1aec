/** What a request brings to say who it is, and the cookie that it is given. */
import type { Credentials } from "../domain/access.ts";

const COOKIE = "meproc_session";
const MOST = 512;

export function credentialsOf(request: Request): Credentials {
  return { bearer: bearerOf(request), cookie: cookieOf(request) };
}

/** Who says something else than a bearer token proves nothing, and is not asked for a cookie instead. */
function bearerOf(request: Request): string | null {
  const header = request.headers.get("authorization");
  if (header === null) return null;
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(header.slice(0, MOST)) ?? [];
  return token;
}

function cookieOf(request: Request): string | null {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === COOKIE && value !== undefined) return value.slice(0, MOST);
  }
  return null;
}

/** The Set-Cookie header of a session; it lasts as long as the service lets it. */
export function sessionCookie(request: Request, value: string): string {
  return `${COOKIE}=${value}; ${attributes(request)}`;
}

export function endedCookie(request: Request): string {
  return `${COOKIE}=; Max-Age=0; ${attributes(request)}`;
}

function attributes(request: Request): string {
  const secure = request.url.startsWith("https:") ? "; Secure" : "";
  return `Path=/; HttpOnly; SameSite=Strict${secure}`;
}
