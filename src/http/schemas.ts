/** Pieces of the schemas of answers. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

/** The plain JSON of the schema: what else TypeBox knows of it, such as "optional", is left behind. */
export function nullable<T extends TSchema>(schema: T) {
  const plain = JSON.parse(JSON.stringify(schema)) as { enum?: unknown[] };
  const choices = plain.enum === undefined ? {} : { enum: [...plain.enum, null] };
  return Type.Unsafe<Static<T> | null>({ ...plain, ...choices, nullable: true });
}

export const Time = Type.String({ format: "date-time", examples: ["2026-11-22T12:00:00.000Z"] });

export function rfc3339(wall: number): string {
  return new Date(wall).toISOString();
}
