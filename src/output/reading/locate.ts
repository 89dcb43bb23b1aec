/** Finds places in a row without reading it: by time, and by distance. */
import { type LogRow, type Place, isBefore } from "./log-row.ts";

/** The place of the first chunk that was read at `time` or later. What has no time counts as all of its day. */
export async function locate(row: LogRow, time: number, edge: "since" | "until"): Promise<Place> {
  let low = 0;
  let high = row.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((await newestIn(row, middle, edge)) >= time) high = middle;
    else low = middle + 1;
  }
  const unknown = edge === "since" ? withoutTimes(row, low, time) : null;
  if (unknown !== null) return { segment: unknown, offset: 0 };
  return low === row.count ? row.end() : { segment: low, offset: await offsetIn(row, low, time) };
}

/** The first segment without times, of those before another, in whose day the time may lie. */
function withoutTimes(row: LogRow, before: number, time: number): number | null {
  let first: number | null = null;
  for (let segment = before - 1; segment >= 0 && row.dayEnd(segment) > time; segment--) {
    if (!row.isIndexed(segment)) first = segment;
  }
  return first;
}

async function newestIn(row: LogRow, segment: number, edge: "since" | "until"): Promise<number> {
  const end = await row.sizeOf(segment);
  const index = (await row.open(segment))?.index;
  if (index === undefined || index === null) {
    return edge === "since" ? row.dayEnd(segment) - 1 : row.dayStart(segment);
  }
  if (end === 0) return Number.NEGATIVE_INFINITY;
  const [last] = (await row.chunks(segment, end - 1)).slice(-1);
  return last?.time ?? row.dayStart(segment);
}

async function offsetIn(row: LogRow, segment: number, time: number): Promise<number> {
  const file = await row.open(segment);
  if (file === null || file.index === null) return 0;
  const first = await file.index.find((record) => record.time >= time);
  const record = await file.index.at(first);
  return record === undefined || first >= file.index.count ? file.covered : record.offset;
}

/** The place `bytes` before another, at least `floor`. */
export async function back(row: LogRow, from: Place, bytes: number, floor: Place): Promise<Place> {
  let { segment, offset } = from;
  let left = bytes;
  while (left > offset && segment > floor.segment) {
    left -= offset;
    offset = await row.sizeOf(--segment);
  }
  const place = { segment, offset: Math.max(0, offset - left) };
  return isBefore(place, floor) ? floor : place;
}
