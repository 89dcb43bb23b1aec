/** Who is at the other end of a Unix socket, as the system says. */
import type { Role } from "./access.ts";

export interface Peer {
  readonly uid: number;
  readonly role: Role;
}
