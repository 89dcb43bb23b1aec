/** The files that hold output, as they are listed and given out. */
import { lstat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { OutputFile } from "../../domain/output.ts";
import { codeOf } from "../../platform/system-errors.ts";
import type { Day } from "../files.ts";
import { type SegmentName, channelStem, parseSegmentName, segmentPath } from "../segment-name.ts";
import { listSegments } from "./log-folder.ts";

/** In the order of writing, alias by alias. What is removed meanwhile is not among them. */
export async function listFiles(
  directory: string,
  aliases: readonly string[],
  today: Day,
): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  for (const { alias, segments } of await listSegments(directory, aliases)) {
    for (const segment of segments) {
      const file = await fileOf(directory, alias, segment, today);
      if (file !== null) files.push(file);
    }
  }
  return files.sort((a, b) => aliases.indexOf(a.alias) - aliases.indexOf(b.alias));
}

/** The path of a file of these aliases; `null` if it is none of theirs, or gone. */
export async function pathOf(
  directory: string,
  aliases: readonly string[],
  name: string,
): Promise<string | null> {
  const segment = parseSegmentName(name);
  const stems = aliases.flatMap((alias) => [channelStem(alias, "all"), channelStem(alias, "err")]);
  if (segment === null || !stems.includes(segment.stem)) return null;
  const path = segmentPath(directory, segment);
  return path === join(directory, name) && (await isFile(path)) ? path : null;
}

async function fileOf(
  directory: string,
  alias: string,
  segment: SegmentName,
  today: Day,
): Promise<OutputFile | null> {
  const path = segmentPath(directory, segment);
  const found = await look(path);
  if (!found?.isFile()) return null;
  const { day, number, compressed } = segment;
  return {
    name: basename(path),
    alias,
    day,
    size_bytes: found.size,
    compressed,
    open: day === today && number === null && !compressed,
    modified_at: Math.round(found.mtimeMs),
  };
}

async function isFile(path: string): Promise<boolean> {
  return (await look(path))?.isFile() ?? false;
}

async function look(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}
