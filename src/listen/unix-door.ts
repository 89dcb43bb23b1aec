/**
 * The Unix socket. Bun's server does not say who is at its other end, so connections are taken here, where it can be
 * asked, and handed on to a server for that user alone, on a socket that only we can reach.
 */
import { chmodSync, chownSync, lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Server, Socket, UnixSocketListener } from "bun";
import type { Role } from "../domain/access.ts";
import type { SocketConfig } from "../domain/config.ts";
import type { Peer } from "../domain/peer.ts";
import { codeOf } from "../platform/system-errors.ts";
import { peerUid } from "./peer-credentials.ts";
import { type Ends, RELAYED, tie } from "./relay.ts";

/** The system's bound for the path of a socket, without the NUL. */
const MAX_PATH_BYTES = process.platform === "darwin" ? 103 : 107;
const PRIVATE_UMASK = 0o177;

export interface UnixDoorOptions {
  readonly config: SocketConfig;
  /** The group of the file; `null` leaves the service's own. */
  readonly gid: number | null;
  /** A folder that only the service can enter. */
  readonly folder: string;
  /** Serves what one user asks, on a socket of its own. */
  readonly serve: (path: string, peer: Peer) => Server<undefined>;
  readonly onTrouble: (error: unknown) => void;
}

export class UnixDoor {
  readonly #options: UnixDoorOptions;
  readonly #servers = new Map<number, { server: Server<undefined>; path: string }>();
  readonly #listener: UnixSocketListener<Ends>;
  readonly #inode: number;

  private constructor(options: UnixDoorOptions) {
    this.#options = options;
    const { path, mode } = options.config;
    this.#listener = listenPrivately(() =>
      Bun.listen<Ends>({
        unix: path,
        socket: { ...RELAYED, open: (client) => void this.#welcome(client) },
      }),
    );
    if (options.gid !== null) chownSync(path, -1 >>> 0, options.gid);
    chmodSync(path, mode);
    this.#inode = lstatSync(path).ino;
  }

  /** Throws what the system says, or an Error in words. */
  static async open(options: UnixDoorOptions): Promise<UnixDoor> {
    const { path } = options.config;
    for (const each of [path, join(options.folder, `peer-${0xffff_ffff}.sock`)])
      if (Buffer.byteLength(each) > MAX_PATH_BYTES)
        throw new Error(`${each}: the path of a socket has at most ${MAX_PATH_BYTES} bytes`);
    await removeStale(path);
    return new UnixDoor(options);
  }

  close(): void {
    this.#listener.stop(true);
    if (lstatSync(this.#options.config.path, { throwIfNoEntry: false })?.ino === this.#inode)
      rmSync(this.#options.config.path, { force: true });
    for (const { server, path } of this.#servers.values()) {
      void server.stop(true);
      rmSync(path, { force: true });
    }
  }

  async #welcome(client: Socket<Ends>): Promise<void> {
    client.data = { out: null, in: null };
    client.pause();
    try {
      const uid = peerUid(fdOf(client));
      if (uid === null) throw new Error("the system does not say who is at the other end of the socket");
      const unix = this.#serverOf(uid);
      const inner = await Bun.connect<Ends>({ unix, data: { out: null, in: null }, socket: RELAYED });
      tie(client, inner);
      client.resume();
    } catch (error) {
      client.terminate();
      this.#options.onTrouble(error);
    }
  }

  #serverOf(uid: number): string {
    const known = this.#servers.get(uid);
    if (known !== undefined) return known.path;
    const path = join(this.#options.folder, `peer-${uid}.sock`);
    rmSync(path, { force: true });
    const peer = { uid, role: roleOf(uid, this.#options.config.role) };
    const server = listenPrivately(() => this.#options.serve(path, peer));
    this.#servers.set(uid, { server, path });
    return path;
  }
}

/** Who could as well change the files of the service is its admin; whom else the file's rights let in has the role that is configured. */
function roleOf(uid: number, role: Role): Role {
  return uid === 0 || uid === process.geteuid?.() ? "admin" : role;
}

/** A socket can be connected to from its first moment, so its rights have to be there then. */
function listenPrivately<T>(listen: () => T): T {
  const before = process.umask(PRIVATE_UMASK);
  try {
    return listen();
  } finally {
    process.umask(before);
  }
}

/** Bun has it, its types do not yet. */
function fdOf(socket: Socket<Ends> & { readonly fd?: number }): number {
  return socket.fd ?? -1;
}

/** What a service that was killed has left; anything else that is there is not ours to remove. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path}: there is something else than a socket`);
  if (await answers(path)) throw new Error(`${path}: somebody listens on it already`);
  rmSync(path);
}

async function answers(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.end();
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ECONNREFUSED" || code === "ENOENT") return false;
    throw error;
  }
}
