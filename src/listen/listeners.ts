/** Everything that is listened on: each address, with TLS or without, and the Unix socket. One function answers them all. */
import type { Server } from "bun";
import type { Config } from "../domain/config.ts";
import type { Peer } from "../domain/peer.ts";
import { type Certificate, readCertificate, watchCertificate } from "./certificate.ts";
import { UnixDoor } from "./unix-door.ts";

/** What waits for its answer on a Unix socket is not cut off. Bun takes this there too, its types do not yet. */
const WITHOUT_HASTE: object = { idleTimeout: 0 };

export type Answer = (request: Request, server: Server<undefined>) => Response | Promise<Response>;

export interface ListenOptions {
  readonly config: Pick<Config, "ips" | "port" | "socket" | "tls">;
  readonly answer: Answer;
  /** A request whose head or body is not here in this time is cut off, and so is a connection on which nothing happens. */
  readonly idleTimeoutS: number;
  /** A body that is larger is cut off without a word. */
  readonly maxBodyBytes: number;
  /** The group of the Unix socket, `null` for the service's own. */
  readonly socketGid: number | null;
  /** A folder that only the service can enter. */
  readonly privateFolder: string;
  readonly log: (level: "info" | "warn", text: string) => void;
  /** By this one requests of all servers can be asked about, until another one is named. */
  readonly nowBy: (server: Server<undefined>) => void;
}

/** What could not be listened on, and why. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly place: string;

  constructor(place: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.place = place;
  }
}

export class Listeners {
  readonly #options: ListenOptions;
  readonly #servers: Server<undefined>[] = [];
  /** They take nothing new, and end what they have. */
  readonly #retired = new Set<Server<undefined>>();
  readonly #peers = new WeakMap<Request, Peer>();
  #unix: UnixDoor | null = null;
  #unwatch: (() => void) | null = null;

  private constructor(options: ListenOptions) {
    this.#options = options;
  }

  /** Throws ListenError. */
  static async open(options: ListenOptions): Promise<Listeners> {
    const listeners = new Listeners(options);
    try {
      // from its first address on to the return nothing is waited for, so that nobody comes before it is known by whom
      await listeners.#listenUnix();
      listeners.#listen();
      return listeners;
    } catch (error) {
      listeners.close();
      throw error;
    }
  }

  get port(): number {
    return this.#servers[0]?.port ?? this.#options.config.port;
  }

  /** Who asks, if he came by the Unix socket. */
  peerOf(request: Request): Peer | null {
    return this.#peers.get(request) ?? null;
  }

  /** Cuts off everything. */
  close(): void {
    this.#unwatch?.();
    this.#unix?.close();
    for (const server of [...this.#servers, ...this.#retired]) void server.stop(true);
  }

  #listen(): void {
    const { ips, tls, port } = this.#options.config;
    const certificate = tls === null ? null : at("tls", () => readCertificate(tls));
    for (const ip of ips) {
      // a port that is free on one address is taken on all
      const wanted = this.#servers[0]?.port ?? port;
      this.#servers.push(at(`${ip}:${wanted}`, () => this.#serve(ip, wanted, certificate)));
    }
    this.#tellFirst();
    if (tls === null || certificate === null) return;
    this.#unwatch = at("tls", () =>
      watchCertificate({
        files: tls,
        now: certificate,
        renewed: (next) => this.#renew(next),
        onTrouble: (error) => this.#options.log("warn", `The certificate stays as it was: ${wordsOf(error)}`),
      }),
    );
  }

  #serve(ip: string, port: number, certificate: Certificate | null): Server<undefined> {
    if (certificate === null) return this.#bind(ip, port, null, false);
    // sharing a port is how a certificate is renewed, but nobody else shall have it: taken alone first
    const alone = this.#bind(ip, port, certificate, false);
    const taken = alone.port ?? port;
    void alone.stop(true);
    return this.#bind(ip, taken, certificate, true);
  }

  #bind(ip: string, port: number, tls: Certificate | null, shared: boolean): Server<undefined> {
    const { answer, idleTimeoutS, maxBodyBytes, config } = this.#options;
    return Bun.serve({
      hostname: ip,
      port,
      reusePort: shared,
      ipv6Only: config.ips.length > 1,
      idleTimeout: idleTimeoutS,
      maxRequestBodySize: maxBodyBytes,
      development: false,
      fetch: answer,
      ...(tls === null ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    });
  }

  /** New connections get the new certificate; those that are open go on. */
  #renew(certificate: Certificate): void {
    const { log, config } = this.#options;
    for (const [at, ip] of config.ips.entries()) {
      const old = this.#servers[at];
      if (old === undefined) continue;
      try {
        this.#servers[at] = this.#bind(ip, old.port ?? config.port, certificate, true);
      } catch (error) {
        log("warn", `The certificate of ${ip} stays as it was: ${wordsOf(error)}`);
        continue;
      }
      this.#retired.add(old);
      void old.stop(false).then(() => this.#retired.delete(old));
    }
    this.#tellFirst();
    log("info", "The certificate has been renewed");
  }

  #tellFirst(): void {
    const [first] = this.#servers;
    if (first !== undefined) this.#options.nowBy(first);
  }

  async #listenUnix(): Promise<void> {
    const { config, socketGid, privateFolder, log, maxBodyBytes } = this.#options;
    const { socket } = config;
    if (socket === null) return;
    try {
      this.#unix = await UnixDoor.open({
        config: socket,
        gid: socketGid,
        folder: privateFolder,
        onTrouble: (error) => log("warn", `A connection to ${socket.path} was cut off: ${wordsOf(error)}`),
        serve: (unix, peer) =>
          Bun.serve({
            unix,
            ...WITHOUT_HASTE,
            maxRequestBodySize: maxBodyBytes,
            development: false,
            fetch: (request, server) => {
              this.#peers.set(request, peer);
              return this.#options.answer(request, server);
            },
          }),
      });
    } catch (error) {
      throw new ListenError(socket.path, error);
    }
  }
}

function at<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new ListenError(place, error);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
