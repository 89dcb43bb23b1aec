/** Where a request comes from. */
import type { Server } from "bun";

/** An address; `unix` for the Unix socket, `unknown` where there is no connection to ask. */
export function remoteAddress(request: Request, server: Server<unknown> | null): string {
  if (server === null) return "unknown";
  const address = server.requestIP(request)?.address ?? "unix";
  // the same client over a socket of both versions
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
