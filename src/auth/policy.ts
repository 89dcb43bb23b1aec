/** When callers have to say who they are, and what to say of it where they need not. Pure. */
import type { Config } from "../domain/config.ts";
import { isLoopback, listensOffLoopback } from "../domain/loopback.ts";

type Reach = Pick<Config, "auth" | "ips" | "web">;

/** "auto" asks for it as soon as somebody on another machine may reach the service. */
export function isAuthRequired({ auth, ips }: Pick<Config, "auth" | "ips">): boolean {
  return auth === "token" || (auth === "auto" && listensOffLoopback(ips));
}

/** Sentences for the log and for the page. */
export function warningsOf(reach: Reach): string[] {
  if (isAuthRequired(reach)) return [];
  if (listensOffLoopback(reach.ips))
    return [
      'auth is "none": anyone who reaches this service may run commands as its user. Set auth = "token", or listen on 127.0.0.1',
    ];
  if (reach.auth === "auto" && reach.web.ip !== null && !isLoopback(reach.web.ip))
    return [
      'The page is reached from outside ([web] ip) while nobody has to say who he is: whoever comes through may run commands. Set auth = "token"',
    ];
  return [];
}
