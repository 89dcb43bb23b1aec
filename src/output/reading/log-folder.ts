/** Which segments there are of which alias: the names in the log directory. */
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { codeOf } from "../../platform/system-errors.ts";
import {
  type Channel,
  type SegmentName,
  bySegmentOrder,
  channelStem,
  indexPath,
  parseSegmentName,
} from "../segment-name.ts";

/** The segments of a channel of an alias, in the order of writing. */
export interface Listing {
  readonly alias: string;
  readonly channel: Channel;
  readonly stem: string;
  readonly segments: readonly ListedSegment[];
}

export interface ListedSegment extends SegmentName {
  /** It has an index beside it; one that was written by a version without indexes has none. */
  readonly indexed: boolean;
}

const INDEX = ".idx";

/** Of so many stems each name is compared with each. */
const FEW = 8;

/** One for each alias in their order, then one for the separate stderr of each; also of those that have no segment. */
export async function listSegments(directory: string, aliases: readonly string[]): Promise<Listing[]> {
  const channels: readonly Channel[] = ["all", "err"];
  const wanted = channels.flatMap((channel) =>
    aliases.map((alias) => ({ alias, channel, stem: channelStem(alias, channel) })),
  );
  const byStem = new Map<string, SegmentName[]>(wanted.map(({ stem }) => [stem, []]));
  const stems = [...byStem.keys()];
  const indexes = new Set<string>();
  for (const file of await namesIn(directory)) {
    if (stems.length <= FEW && !stems.some((stem) => file.startsWith(stem))) continue;
    if (file.endsWith(INDEX)) indexes.add(file);
    const name = parseSegmentName(file);
    if (name !== null) byStem.get(name.stem)?.push(name);
  }
  return wanted.map((each) => ({
    ...each,
    segments: inOrder(byStem.get(each.stem) ?? []).map((name) => {
      return { ...name, indexed: indexes.has(basename(indexPath("", name))) };
    }),
  }));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** While one is being compressed there are two files of it; then the one as it was written counts. */
function inOrder(names: SegmentName[]): SegmentName[] {
  names.sort((a, b) => bySegmentOrder(a, b) || Number(a.compressed) - Number(b.compressed));
  return names.filter((name, i) => {
    const before = names[i - 1];
    return before === undefined || before.day !== name.day || before.number !== name.number;
  });
}
