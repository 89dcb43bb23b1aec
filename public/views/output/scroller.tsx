/** The lines in their scrolling box, the way to earlier ones, and the way back to the newest. */
import type { Follower } from "../../output/follower.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useStore } from "../../state/store.ts";
import { LineBlock } from "./line-block.tsx";
import { usePinned } from "./use-pinned.ts";

export function Scroller({ follower, gone }: { follower: Follower; gone: boolean }) {
  const { transcript, more, loadingEarlier, unseen } = useStore(follower.view, (now) => now);
  const { box, pinned, onScroll, toNewest } = usePinned(transcript, follower.pin);
  return (
    <>
      <div
        class="lines"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Output"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        data-autofocus
      >
        {more && (
          <button type="button" class="button earlier" onClick={follower.loadEarlier}>
            {loadingEarlier ? <Busy /> : <Icon name="up" />}
            Load earlier
          </button>
        )}
        {transcript.blocks.map((block) => (
          <LineBlock key={block.id} block={block} />
        ))}
        {gone && <p class="line notice-line">The task was removed; nothing more comes.</p>}
      </div>
      {!pinned && (
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
