/** Where a request comes from. */
import type { Server } from "bun";

/** An address; `unknown` where there is no connection to ask. */
export function remoteAddress(request: Request, server: Server<unknown> | null): string {
  const address = server?.requestIP(request)?.address ?? "unknown";
  // the same client over a socket of both versions
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
