/**
 * The service's end of the connections to plugins: on the loopback interface, at a port of its own that is open while there
 * are plugins. Whoever does not begin with a token that is expected is cut off. Who says much is heard bit by bit.
 */
import { timingSafeEqual } from "node:crypto";
import type { Socket, TCPSocketListener } from "bun";
import type { Cancel, Clock } from "../domain/ports.ts";
import { type FromPlugin, Lines, type ToPlugin } from "./protocol.ts";

/** So much is heard at a time, and then others have their turn for so long. */
const AT_A_TIME = 100;
const PAUSE_MS = 5;

export interface Hearer {
  opened(link: Link): void;
  heard(message: FromPlugin): void;
}

export interface Link {
  send(message: ToPlugin): void;
}

interface Connection extends Link {
  readonly lines: Lines;
  readonly said: string[];
  hearer: Hearer | null;
  next: Cancel | null;
  unsent: Uint8Array[];
}

export class LinkServer {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Hearer>();
  readonly #open = new Set<Socket<Connection>>();
  #listener: TCPSocketListener<Connection> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a plugin's process has to know to come, once. The token is used up when it has. */
  expect(hearer: Hearer): { readonly address: string; readonly cancel: Cancel } {
    this.#listener ??= this.#listen();
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
    this.#expected.set(token, hearer);
    return {
      address: `${this.#listener.port} ${token}`,
      cancel: () => void this.#expected.delete(token),
    };
  }

  close(): void {
    this.#expected.clear();
    this.#listener?.stop(true);
    this.#listener = null;
  }

  #listen(): TCPSocketListener<Connection> {
    return Bun.listen<Connection>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => {
          this.#open.add(socket);
          socket.data = connection(socket);
        },
        data: (socket, chunk) => this.#take(socket, chunk),
        drain: (socket) => flush(socket),
        close: (socket) => {
          this.#open.delete(socket);
          socket.data.next?.();
        },
        // its end is told by `close`, and by the end of its process
        error: (socket) => socket.terminate(),
      },
    });
  }

  #take(socket: Socket<Connection>, chunk: Uint8Array): void {
    try {
      socket.data.said.push(...socket.data.lines.take(chunk));
    } catch {
      // nothing that the other end could mean
      return socket.terminate();
    }
    if (socket.data.next === null) this.#hear(socket);
  }

  #hear(socket: Socket<Connection>): void {
    const { data } = socket;
    data.next = null;
    for (const line of data.said.splice(0, AT_A_TIME))
      if (!this.#hearLine(data, line)) return socket.terminate();
    if (data.said.length === 0) return socket.resume();
    socket.pause();
    data.next = this.#clock.at(this.#clock.now().mono + PAUSE_MS, () => this.#hear(socket));
  }

  /** False for one that is not to be heard any more. */
  #hearLine(connection: Connection, line: string): boolean {
    const message = parsed(line);
    if (message === null) return false;
    if (connection.hearer !== null) {
      connection.hearer.heard(message);
      return true;
    }
    connection.hearer = message.kind === "hello" ? this.#find(message.token) : null;
    connection.hearer?.opened(connection);
    return connection.hearer !== null;
  }

  #find(token: unknown): Hearer | null {
    const given = Buffer.from(String(token));
    for (const [expected, hearer] of this.#expected) {
      const wanted = Buffer.from(expected);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) continue;
      this.#expected.delete(expected);
      return hearer;
    }
    return null;
  }
}

function connection(socket: Socket<Connection>): Connection {
  return {
    lines: new Lines(),
    said: [],
    hearer: null,
    next: null,
    unsent: [],
    send: (message) => {
      socket.data.unsent.push(Buffer.from(`${JSON.stringify(message)}\n`));
      flush(socket);
    },
  };
}

/** What the other end does not take yet waits for `drain`. It is little: who has not answered is told no more. */
function flush(socket: Socket<Connection>): void {
  const { unsent } = socket.data;
  for (let next = unsent[0]; next !== undefined; next = unsent[0]) {
    const count = Math.max(0, socket.write(next));
    if (count < next.length) {
      unsent[0] = next.subarray(count);
      return;
    }
    unsent.shift();
  }
}

function parsed(line: string): FromPlugin | null {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === "object" && message !== null && "kind" in message
      ? (message as FromPlugin)
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
