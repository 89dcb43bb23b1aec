/** The output of one replica, scrolling with what comes unless somebody has scrolled up. */
import { useEffect, useState } from "preact/hooks";
import { type Follower, followOutput } from "../../output/follower.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import { OUTPUT_PANEL } from "./replica-tabs.tsx";
import { Scroller } from "./scroller.tsx";

export type TerminalProps = { name: string; replica: number; wrap: boolean; gone: boolean };

export function Terminal({ name, replica, wrap, gone }: TerminalProps) {
  const [follower, setFollower] = useState<Follower | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const next = followOutput(name, replica);
    setFollower(next);
    return next.stop;
  }, [name, replica, attempt]);
  useEffect(() => {
    if (gone) follower?.stop();
  }, [gone, follower]);
  return (
    <div class="terminal" id={OUTPUT_PANEL} data-wrap={wrap}>
      {follower && <Shown follower={follower} gone={gone} onRetry={() => setAttempt((now) => now + 1)} />}
    </div>
  );
}

function Shown({ follower, gone, onRetry }: { follower: Follower; gone: boolean; onRetry: () => void }) {
  const { phase, trouble, transcript } = useStore(follower.view, (now) => now);
  const live = useStore(service, (now) => now.link === "live");
  useEffect(() => {
    if (live && phase === "failed" && !gone) onRetry();
  }, [live]);
  if (phase === "loading") {
    return (
      <p class="placeholder">
        <Busy /> Reading the output…
      </p>
    );
  }
  if (phase === "failed") {
    return (
      <div class="notice" role="alert">
        <Icon name="warning" />
        <p>
          <strong>The output could not be read.</strong> {trouble}
        </p>
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      </div>
    );
  }
  if (transcript.lineCount === 0) {
    return (
      <p class="placeholder">{gone ? "The task is gone." : "No output yet. It shows here as it comes."}</p>
    );
  }
  return <Scroller follower={follower} gone={gone} />;
}
