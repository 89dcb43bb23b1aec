/** A fact as /api/v1 shows it. */
import { type Static, Type } from "@sinclair/typebox";
import type { Fact } from "../domain/fact.ts";
import { Time, nullable } from "./schemas.ts";

export const FactView = Type.Object(
  {
    id: Type.Integer({ description: "Grows by one with each fact" }),
    time: Time,
    kind: Type.String({ examples: ["run.started"] }),
    task: nullable(Type.String({ description: "Null for a fact about the service" })),
    alias: nullable(Type.String({ examples: ["web:0"] })),
    from: nullable(
      Type.String({ description: "The state, or health, that it left", examples: ["starting"] }),
    ),
    to: nullable(
      Type.String({ description: "The state, or health, that it came to", examples: ["running"] }),
    ),
    reason: nullable(Type.String({ description: "In words" })),
    actor: nullable(
      Type.String({ description: "Who was behind it: api, file, schedule, policy, service, or a user" }),
    ),
  },
  { title: "Fact", additionalProperties: true, description: "What else is in it depends on the kind" },
);
export type FactView = Static<typeof FactView>;

const NOTHING = { task: null, alias: null, from: null, to: null, reason: null, actor: null } as const;

export function factView({ id, time, kind, ...rest }: Fact): FactView {
  return { id, time, kind, ...NOTHING, ...rest };
}
