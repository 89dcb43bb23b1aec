/** Pieces of the schemas of answers. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

/** The plain JSON of the schema: what else TypeBox knows of it, such as "optional", is left behind. */
export const nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...JSON.parse(JSON.stringify(schema)), nullable: true });

export const Time = Type.String({ format: "date-time", examples: ["2026-11-22T12:00:00.000Z"] });

export function rfc3339(wall: number): string {
  return new Date(wall).toISOString();
}
