/** Who is told of facts outside of the service: plugins and listeners, what is configured of them and how they stand. */
import { type Static, Type } from "@sinclair/typebox";
import { Command } from "./task-policies.ts";
import type { FactKind } from "./fact.ts";

const Globs = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  description: "Names of tasks, * stands for any text; all if not given",
});

/** `[plugins.<name>]`: all of it is handed to the plugin; what is named here the service goes by itself. */
export const PluginOptions = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true })),
    timeout_ms: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 3_600_000,
        default: 10_000,
        description: "How long one event may take it",
      }),
    ),
    max_memory_bytes: Type.Optional(Type.Integer({ minimum: 64 << 20, default: 512 << 20 })),
    max_restarts: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        default: 10,
        description: "So many in a row, without a minute in which it lived, and it is given up on",
      }),
    ),
  },
  { additionalProperties: true },
);
export type PluginOptions = Static<typeof PluginOptions>;

export const ListenerDefinition = Type.Object(
  {
    name: Type.String({
      pattern: "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$",
      "x-expected": "1 to 64 letters, digits, _ . or -",
    }),
    command: Command,
    tasks: Type.Optional(Globs),
    events: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: "Kinds of facts, * stands for any text (run.*); all if not given",
      }),
    ),
    max_restarts: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        description: "As of a plugin; never given up on if not given",
      }),
    ),
  },
  { additionalProperties: false },
);
export type ListenerDefinition = Static<typeof ListenerDefinition>;

export const COMPANION_STATES = [
  "starting",
  "running",
  "backoff",
  "failed",
  "stopping",
  "stopped",
  "disabled",
] as const;
export type CompanionState = (typeof COMPANION_STATES)[number];

/** A plugin or a listener as it stands. Nothing of its options is in it. */
export interface Companion {
  readonly kind: "plugin" | "listener";
  readonly name: string;
  /** The file of a plugin, the command of a listener. */
  readonly source: string;
  readonly state: CompanionState;
  /** Why it is not running, or what was last wrong with it, in words. */
  readonly reason: string | null;
  readonly pid: number | null;
  /** Unix ms; of the process that runs. */
  readonly startedAt: number | null;
  /** Unix ms; while it is in back-off. */
  readonly retryAt: number | null;
  /** Since the service was started, as all that follows. */
  readonly restarts: number;
  /** Facts that it has dealt with. */
  readonly handled: number;
  /** Those at which it threw. */
  readonly errors: number;
  /** Those for which it took too long. */
  readonly late: number;
  /** Those that it was never told of. */
  readonly dropped: number;
  /** Those that wait for it. */
  readonly queued: number;
  /** The fact up to which it has dealt with all; `null` before the first. */
  readonly position: number | null;
}

/** What the API asks of them. */
export interface Companions {
  list(): readonly Companion[];
}

export type FactFilter = (fact: { readonly kind: FactKind; readonly task?: string }) => boolean;
