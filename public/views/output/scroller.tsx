/** The lines in their scrolling box, the ways to earlier and later ones, and the way back to the newest. */
import type { ComponentChildren } from "preact";
import type { Beyond, Reading } from "../../output/reading.ts";
import { MOST_LINES } from "../../output/reading.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useStore } from "../../state/store.ts";
import { LineBlock, type Look } from "./line-block.tsx";
import { usePinned } from "./use-pinned.ts";

export type ScrollerProps = { reading: Reading; look: Look; gone: boolean };

export function Scroller({ reading, look, gone }: ScrollerProps) {
  const shown = useStore(reading.view, (now) => now);
  const { transcript, earlier, later, following, unseen, marked } = shown;
  const { box, onScroll, toNewest } = usePinned(reading, shown);
  const isBare = !look.times && look.aliases === null && look.onAround === null;
  return (
    <>
      <div
        class="lines"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Output"
        data-bare={isBare}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        data-autofocus
      >
        <More beyond={earlier} onLoad={reading.loadEarlier}>
          <Icon name="up" /> Load earlier
        </More>
        {transcript.blocks.map((block) => (
          <LineBlock key={block.id} block={block} look={look} marked={markedIn(block, marked)} />
        ))}
        <More beyond={later} onLoad={reading.loadLater}>
          <Icon name="down" /> Load later
        </More>
        {gone && following !== null && (
          <p class="line notice-line">The task was removed; nothing more comes.</p>
        )}
      </div>
      {following === false && (
        <button type="button" class="button newest" onClick={toNewest}>
          <Icon name="down" />
          {unseen > 0
            ? `${unseen.toLocaleString("en")} new ${unseen === 1 ? "line" : "lines"}`
            : "Jump to newest"}
        </button>
      )}
    </>
  );
}

/** Only the block that has the marked line is drawn again when the mark moves. */
function markedIn({ lines }: { lines: readonly { id: number }[] }, marked: number | null): number | null {
  return marked !== null && lines.some((line) => line.id === marked) ? marked : null;
}

type MoreProps = { beyond: Beyond; onLoad: () => void; children: ComponentChildren };

function More({ beyond, onLoad, children }: MoreProps) {
  switch (beyond.kind) {
    case "nothing":
      return null;
    case "full":
      return (
        <p class="beyond">
          The page holds no more than {MOST_LINES.toLocaleString("en")} lines; the download has the rest.
        </p>
      );
    case "failed":
      return (
        <p class="beyond beyond-failed" role="alert">
          {beyond.trouble}{" "}
          <button type="button" class="button" onClick={onLoad}>
            Try again
          </button>
        </p>
      );
    case "loading":
    case "more":
      return (
        <p class="beyond">
          <button type="button" class="button" aria-disabled={beyond.kind === "loading"} onClick={onLoad}>
            {beyond.kind === "loading" ? <Busy /> : null}
            {children}
          </button>
        </p>
      );
  }
}
