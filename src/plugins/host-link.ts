/** The plugin's end of its connection: what it says, and what it asks of the API. It ends the process when it is cut. */
import type { Socket } from "bun";
import { type FromPlugin, Lines, type ToPlugin } from "./protocol.ts";

/** So many calls are under way at a time. */
const CALLS = 8;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class HostLink {
  readonly #lines = new Lines();
  readonly #unsent: Uint8Array[] = [];
  readonly #calls = new Map<number, (answer: Answer) => void>();
  readonly #turns: (() => void)[] = [];
  #socket: Socket | null = null;
  #flushed: (() => void) | null = null;
  #lastCall = 0;
  onMessage: (message: ToPlugin) => void = () => undefined;

  static async connect(port: number): Promise<HostLink> {
    const link = new HostLink();
    // without a service there is nothing to do here
    const end = () => process.exit(0);
    link.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => {
          for (const line of link.#lines.take(chunk)) link.onMessage(JSON.parse(line) as ToPlugin);
        },
        drain: () => link.#flush(),
        close: end,
        end,
        error: end,
      },
    });
    return link;
  }

  send(message: FromPlugin): void {
    this.#unsent.push(Buffer.from(`${JSON.stringify(message)}\n`));
    this.#flush();
  }

  /** Asks the API. */
  async call(method: string, path: string, body: unknown): Promise<Answer> {
    while (this.#calls.size >= CALLS) await new Promise<void>((resolve) => this.#turns.push(resolve));
    const call = ++this.#lastCall;
    return new Promise((resolve) => {
      this.#calls.set(call, resolve);
      this.send({ kind: "call", call, method, path, body });
    });
  }

  answered({ call, status, body }: Extract<ToPlugin, { kind: "answer" }>): void {
    const resolve = this.#calls.get(call);
    this.#calls.delete(call);
    resolve?.({ status, body });
    this.#turns.shift()?.();
  }

  /** Settles when all that was said is on its way. */
  async flushed(): Promise<void> {
    if (this.#unsent.length > 0) await new Promise<void>((resolve) => (this.#flushed = resolve));
  }

  #flush(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const count = Math.max(0, this.#socket?.write(next) ?? 0);
      if (count < next.length) {
        this.#unsent[0] = next.subarray(count);
        return;
      }
      this.#unsent.shift();
    }
    this.#flushed?.();
  }
}
