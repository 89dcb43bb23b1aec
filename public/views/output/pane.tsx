/** One reading of an output: its lines, or why there are none. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Reading } from "../../output/reading.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import type { Look } from "./line-block.tsx";
import { Scroller } from "./scroller.tsx";

export type PaneProps = {
  reading: Reading;
  look: Look;
  gone: boolean;
  /** What is under way while nothing has come yet. */
  busyWords: string;
  failedWords: string;
  /** What stands where the lines would be. */
  empty: ComponentChildren;
  onRetry: () => void;
};

export function Pane({ reading, look, gone, busyWords, failedWords, empty, onRetry }: PaneProps) {
  const phase = useStore(reading.view, (now) => now.phase);
  const trouble = useStore(reading.view, (now) => now.trouble);
  const isEmpty = useStore(reading.view, (now) => now.transcript.lineCount === 0);
  const live = useStore(service, (now) => now.link === "live");
  useEffect(() => {
    if (live && phase === "failed" && !gone) onRetry();
  }, [live]);
  if (phase === "failed") {
    return (
      <div class="notice" role="alert">
        <Icon name="warning" />
        <p>
          <strong>{failedWords}</strong> {trouble}
        </p>
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      </div>
    );
  }
  if (!isEmpty) return <Scroller reading={reading} look={look} gone={gone} />;
  if (phase === "loading" && !gone) {
    return (
      <p class="placeholder">
        <Busy /> {busyWords}
      </p>
    );
  }
  return <p class="placeholder placeholder-late">{gone ? "The task is gone." : empty}</p>;
}
