/** A plugin or a listener as /api/v1 shows it. */
import { type Static, Type } from "@sinclair/typebox";
import { COMPANION_STATES, type Companion, type CompanionState } from "../domain/plugins.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const CompanionView = Type.Object(
  {
    kind: Type.Unsafe<Companion["kind"]>({ type: "string", enum: ["plugin", "listener"] }),
    name: Type.String({ examples: ["count"] }),
    source: Type.String({
      description: "The file of a plugin, the command of a listener",
      examples: ["/etc/meproc/plugins/count.ts"],
    }),
    state: Type.Unsafe<CompanionState>({
      type: "string",
      enum: [...COMPANION_STATES],
      description: "failed: it is not started again until its file changes, or the service is started anew",
    }),
    reason: nullable(Type.String({ description: "Why it does not run, or what was last wrong with it" })),
    pid: nullable(Type.Integer()),
    started_at: nullable(Time),
    retry_at: nullable(Time),
    restarts: count("Since the service was started, as all that follows"),
    handled: count("Facts that it has dealt with"),
    errors: count("Those at which it threw"),
    late: count("Those that took it too long"),
    dropped: count("Those that it was not told of, because too many waited"),
    queued: count("Those that wait for it, or that it is at"),
    position: nullable(Type.Integer({ description: "The fact up to which it has dealt with all" })),
  },
  { title: "Plugin" },
);
export type CompanionView = Static<typeof CompanionView>;

export function companionView({ startedAt, retryAt, ...rest }: Companion): CompanionView {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return { ...rest, started_at: time(startedAt), retry_at: time(retryAt) };
}
