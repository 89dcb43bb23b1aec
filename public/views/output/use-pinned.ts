/** Where the scrolling box stands: at the newest line and staying there, or where somebody has put it. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Transcript } from "../../output/transcript.ts";

const NEAR_PX = 24;

export function usePinned(transcript: Transcript, tell: (pinned: boolean) => void) {
  const box = useRef<HTMLDivElement>(null);
  const [pinned, setPinned] = useState(true);
  const before = useRef({ firstId: transcript.firstId, fromBottom: 0 });

  const pin = (next: boolean) => {
    setPinned(next);
    tell(next);
  };
  const toBottom = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const onScroll = () => {
    const at = fromBottom(box.current);
    before.current.fromBottom = at;
    const next = at < NEAR_PX;
    if (next !== pinned) pin(next);
  };

  useLayoutEffect(() => {
    const earlierCame = before.current.firstId !== transcript.firstId;
    before.current.firstId = transcript.firstId;
    // Earlier lines push the rest down: what was being read stays where it was.
    if (earlierCame && box.current) {
      box.current.scrollTop = box.current.scrollHeight - box.current.clientHeight - before.current.fromBottom;
    } else if (pinned) toBottom();
  }, [transcript, pinned]);

  useEffect(() => {
    if (box.current === null || !pinned) return;
    const resized = new ResizeObserver(toBottom);
    resized.observe(box.current);
    return () => resized.disconnect();
  }, [pinned]);

  return {
    box,
    pinned,
    onScroll,
    toNewest: () => {
      toBottom();
      pin(true);
      box.current?.focus();
    },
  };
}

function fromBottom(box: HTMLElement | null): number {
  return box === null ? 0 : box.scrollHeight - box.scrollTop - box.clientHeight;
}
