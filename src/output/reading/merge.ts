/** Merges sources of blocks by their keys. The order within a source stays; of equal keys the earlier source goes first. */
import type { Block } from "./block.ts";

interface Head {
  readonly place: number;
  readonly source: AsyncIterator<readonly Block[]>;
  blocks: readonly Block[];
  at: number;
}

export async function* merge(
  sources: readonly AsyncIterable<readonly Block[]>[],
): AsyncGenerator<readonly Block[]> {
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) return yield* only;
  const heads: Head[] = sources.map((source, place) => ({
    place,
    source: source[Symbol.asyncIterator](),
    blocks: [],
    at: 0,
  }));
  try {
    yield* mergeHeads(heads);
  } finally {
    await Promise.all(heads.map(({ source }) => source.return?.()));
  }
}

async function* mergeHeads(all: readonly Head[]): AsyncGenerator<readonly Block[]> {
  const heap: Head[] = [];
  for (const head of all) if (await fill(head)) push(heap, head);
  let out: Block[] = [];
  for (let [head] = heap; head !== undefined; [head] = heap) {
    const block = head.blocks[head.at++];
    if (block !== undefined) out.push(block);
    if (head.at === head.blocks.length) {
      // what has been merged is not kept waiting for what must be read first
      if (out.length > 0) yield out;
      out = [];
      if (!(await fill(head))) {
        const last = heap.pop();
        if (heap.length === 0 || last === undefined) continue;
        heap[0] = last;
      }
    }
    sink(heap);
  }
  if (out.length > 0) yield out;
}

/** False at the end of a source. */
async function fill(head: Head): Promise<boolean> {
  const { done, value } = await head.source.next();
  head.blocks = done === true ? [] : value;
  head.at = 0;
  return done !== true && (head.blocks.length > 0 || (await fill(head)));
}

function isFirst(a: Head | undefined, b: Head | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  const [x, y] = [a.blocks[a.at]?.key ?? 0, b.blocks[b.at]?.key ?? 0];
  return x === y ? a.place < b.place : x < y;
}

function push(heap: Head[], head: Head): void {
  heap.push(head);
  for (let i = heap.length - 1; i > 0;) {
    const parent = (i - 1) >> 1;
    if (!isFirst(heap[i], heap[parent])) return;
    swap(heap, i, parent);
    i = parent;
  }
}

function sink(heap: Head[]): void {
  for (let i = 0; ;) {
    const left = 2 * i + 1;
    const child = isFirst(heap[left + 1], heap[left]) ? left + 1 : left;
    if (child >= heap.length || !isFirst(heap[child], heap[i])) return;
    swap(heap, i, child);
    i = child;
  }
}

function swap(heap: Head[], i: number, j: number): void {
  const [a, b] = [heap[i], heap[j]];
  if (a === undefined || b === undefined) return;
  heap[i] = b;
  heap[j] = a;
}
