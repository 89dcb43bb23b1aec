/**
 * Where the scrolling box stands: at the newest line and staying there, or where somebody has put it. What is
 * not followed is opened at its marked line, or at the end that was read, and stays where it is put.
 */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Reading, Shown } from "../../output/reading.ts";

const NEAR_PX = 24;
/** Reading on begins before the edge is in sight. */
const AHEAD_PX = 300;

export function usePinned(reading: Reading, shown: Shown) {
  const { transcript, following, later, marked } = shown;
  const box = useRef<HTMLDivElement>(null);
  const before = useRef({ firstId: transcript.firstId, fromBottom: 0 });

  const toBottom = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const onScroll = () => {
    if (box.current === null) return;
    const at = fromBottom(box.current);
    before.current.fromBottom = at;
    if (following !== null && at < NEAR_PX !== following) reading.pin(at < NEAR_PX);
    if (shown.earlier.kind === "more" && box.current.scrollTop < AHEAD_PX) reading.loadEarlier();
    if (later.kind === "more" && at < AHEAD_PX) reading.loadLater();
  };

  useLayoutEffect(() => {
    if (following !== null) return;
    const line = box.current?.querySelector("[data-marked]");
    if (line) {
      line.scrollIntoView({ block: "center" });
      box.current?.focus({ preventScroll: true });
    } else if (later.kind === "nothing") toBottom();
    before.current.fromBottom = fromBottom(box.current);
  }, [marked]);

  useLayoutEffect(() => {
    const earlierCame = before.current.firstId !== transcript.firstId;
    before.current.firstId = transcript.firstId;
    // Earlier lines push the rest down: what was being read stays where it was.
    if (earlierCame && box.current) {
      box.current.scrollTop = box.current.scrollHeight - box.current.clientHeight - before.current.fromBottom;
    } else if (following) toBottom();
    before.current.fromBottom = fromBottom(box.current);
  }, [transcript, following]);

  useEffect(() => {
    if (box.current === null || !following) return;
    const resized = new ResizeObserver(toBottom);
    resized.observe(box.current);
    return () => resized.disconnect();
  }, [following]);

  return {
    box,
    onScroll,
    toNewest: () => {
      toBottom();
      reading.pin(true);
      box.current?.focus();
    },
  };
}

function fromBottom(box: HTMLElement | null): number {
  return box === null ? 0 : box.scrollHeight - box.scrollTop - box.clientHeight;
}
