/** Who is at the other end of a Unix socket, as the system says. */
import type { SocketRole } from "./config.ts";

export interface Peer {
  readonly uid: number;
  readonly role: SocketRole;
}
