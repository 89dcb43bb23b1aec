/** A file of captured output as /api/v1 shows it. */
import { type Static, Type } from "@sinclair/typebox";
import type { OutputFile } from "../domain/output.ts";
import { partsOfAlias } from "../domain/task.ts";
import { Time, rfc3339 } from "./schemas.ts";

export const OutputFileView = Type.Object(
  {
    name: Type.String({ examples: ["web:0-2026-11-22.log"] }),
    alias: Type.String({ examples: ["web:0"] }),
    replica: Type.Integer(),
    day: Type.String({ format: "date", examples: ["2026-11-22"], description: "In UTC" }),
    size_bytes: Type.Integer({ description: "As it lies on the disk" }),
    compressed: Type.Boolean({ description: "With zstd" }),
    open: Type.Boolean({ description: "It is being written" }),
    modified_at: Time,
  },
  { title: "File of output" },
);
export type OutputFileView = Static<typeof OutputFileView>;

export function outputFileView(file: OutputFile): OutputFileView {
  const { name, alias, day, size_bytes, compressed, open, modified_at } = file;
  const { index } = partsOfAlias(alias);
  return {
    name,
    alias,
    replica: index,
    day,
    size_bytes,
    compressed,
    open,
    modified_at: rfc3339(modified_at),
  };
}
