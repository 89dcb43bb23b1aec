/** Which lines of a block match a regular expression. A line is looked at without its newline. */
import { type Block, NEWLINE, lineEnds } from "./block.ts";
import type { Sieve } from "./scan.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function makeSieve(expression: RegExp, lineBytes: number): Sieve {
  // with these flags an expression remembers where it was
  const pattern = new RegExp(expression.source, expression.flags.replaceAll(/[gy]/g, ""));
  return (block) => {
    const { bytes } = block;
    if (bytes.length > lineBytes) return oneByOne(block, pattern, lineBytes);
    const text = decoder.decode(bytes);
    return text.length === bytes.length ? inText(block, text, pattern) : oneByOne(block, pattern, lineBytes);
  };
}

/** Where each character is a byte, one text serves for all lines. */
function inText(block: Block, text: string, pattern: RegExp): Block[] {
  const found: Block[] = [];
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf("\n", from);
    const end = newline === -1 ? text.length : newline;
    const next = newline === -1 ? end : end + 1;
    if (pattern.test(text.slice(from, end))) found.push(part(block, from, next));
    from = next;
  }
  return found;
}

function oneByOne(block: Block, pattern: RegExp, lineBytes: number): Block[] {
  const found: Block[] = [];
  let from = 0;
  for (const end of lineEnds(block.bytes, lineBytes)) {
    const last = block.bytes[end - 1] === NEWLINE ? end - 1 : end;
    if (pattern.test(decoder.decode(block.bytes.subarray(from, last)))) found.push(part(block, from, end));
    from = end;
  }
  return found;
}

function part(block: Block, from: number, to: number): Block {
  const bytes = block.bytes.subarray(from, to);
  return {
    ...block,
    bytes,
    offset: block.offset + from,
    unfinished: block.unfinished && to === block.bytes.length,
  };
}
