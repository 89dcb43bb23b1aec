/** What service and plugin say to each other: lines of JSON, over a connection of their own. */
import type { Fact } from "../domain/fact.ts";
import type { Missed } from "./feed.ts";

/** The first argument by which the executable knows that it is a plugin's process. */
export const PLUGIN = "__plugin";
/** `<port> <token>`, in the environment of the process and nowhere else. */
export const LINK_VARIABLE = "MEPROC_PLUGIN_LINK";
/** A line longer than this is nobody's. */
export const MAX_LINE_BYTES = 16 << 20;
export const HANDLERS = ["setup", "start", "stop", "fact", "missed", "close"] as const;
export type Handler = (typeof HANDLERS)[number];

export interface SetUp {
  readonly kind: "setup";
  readonly options: Readonly<Record<string, unknown>>;
  readonly folder: string;
  readonly timeoutMs: number;
}

export type ToPlugin =
  | SetUp
  | { readonly kind: "fact"; readonly fact: Fact; readonly conf: unknown; readonly again: boolean }
  | ({ readonly kind: "missed" } & Missed)
  | { readonly kind: "answer"; readonly call: number; readonly status: number; readonly body: unknown }
  | { readonly kind: "close" };

export type LogWord = "debug" | "info" | "warn" | "error";

export type FromPlugin =
  | { readonly kind: "hello"; readonly token: string }
  /** The module is loaded. */
  | {
      readonly kind: "loaded";
      readonly name: string | null;
      readonly tasks: readonly string[] | null;
      readonly handlers: readonly Handler[];
    }
  /** The file is no plugin: to load it again is no use. */
  | { readonly kind: "unfit"; readonly reason: string }
  /** It cannot begin; the process ends after it. */
  | { readonly kind: "broken"; readonly reason: string }
  /** `setup` has returned. */
  | { readonly kind: "ready" }
  /** It lives, and something takes time. */
  | { readonly kind: "busy" }
  /** It has dealt with a fact. `problem` is what it threw, `late` that it is at it still. */
  | {
      readonly kind: "done";
      readonly id: number;
      readonly problem: string | null;
      readonly late: boolean;
    }
  /** Of what belongs to no fact, such as `missed`. */
  | { readonly kind: "problem"; readonly reason: string }
  | { readonly kind: "log"; readonly level: LogWord; readonly text: string }
  | {
      readonly kind: "call";
      readonly call: number;
      readonly method: string;
      readonly path: string;
      readonly body: unknown;
    };

/** Cuts what comes in pieces into lines. */
export class Lines {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Throws an Error where a line has no end. */
  take(chunk: Uint8Array): string[] {
    const end = chunk.lastIndexOf(10);
    if (end === -1) {
      this.#keep(chunk);
      return [];
    }
    const text = Buffer.concat([...this.#pieces, chunk.subarray(0, end)]).toString("utf8");
    this.#pieces = [];
    this.#bytes = 0;
    this.#keep(chunk.subarray(end + 1));
    return text.split("\n");
  }

  #keep(rest: Uint8Array): void {
    if (rest.length === 0) return;
    this.#pieces.push(rest.slice());
    this.#bytes += rest.length;
    if (this.#bytes > MAX_LINE_BYTES) throw new Error("a line that is too long");
  }
}
