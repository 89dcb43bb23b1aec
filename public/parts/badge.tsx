/** A state: a word, with its colour beside it. */
import type { Tone } from "../task/condition.ts";

export function Badge({ tone, word }: { tone: Tone; word: string }) {
  return (
    <span class="badge" data-tone={tone}>
      <span class="badge-dot" aria-hidden="true" />
      <span class="badge-word">{word}</span>
    </span>
  );
}
