/** What the event stream carries → text. A character may be cut anywhere, so each source has a decoder of its own. */
import type { OutputPiece } from "../api/types.ts";
import { keyOf } from "./lines.ts";

/** Runs come and go; only so many decoders are kept. */
const MOST_DECODERS = 64;

/** Gives the text of the next piece of each source. */
export function createDecoder(): (piece: OutputPiece) => string {
  const decoders = new Map<string, TextDecoder>();
  return (piece) => {
    const key = keyOf(piece);
    const decoder = decoders.get(key) ?? new TextDecoder();
    // Put at the end again: the first is the one that was not used for longest.
    decoders.delete(key);
    decoders.set(key, decoder);
    const [oldest] = decoders.keys();
    if (decoders.size > MOST_DECODERS && oldest !== undefined) decoders.delete(oldest);
    return decoder.decode(fromBase64(piece.data), { stream: true });
  };
}

/** Base64 → bytes. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
