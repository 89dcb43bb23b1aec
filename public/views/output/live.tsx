/** Output as it comes. */
import { useEffect, useState } from "preact/hooks";
import type { OutputFilter } from "../../api/output.ts";
import { followOutput } from "../../output/follower.ts";
import type { Reading } from "../../output/reading.ts";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import type { Look } from "./line-block.tsx";
import { Pane } from "./pane.tsx";
import { useReading } from "./use-reading.ts";

export type LiveProps = {
  name: string;
  filter: OutputFilter;
  look: Look;
  gone: boolean;
  onReading: (reading: Reading | null) => void;
};

export function Live({ name, filter, look, gone, onReading }: LiveProps) {
  const [attempt, setAttempt] = useState(0);
  const reading = useReading(() => followOutput(name, filter), attempt, onReading);
  useEffect(() => {
    if (gone) reading?.stop();
  }, [gone, reading]);
  if (reading === null) return null;
  return (
    <Pane
      reading={reading}
      look={look}
      gone={gone}
      busyWords="Reading the output…"
      failedWords="The output could not be read."
      empty="No output yet. It shows here as it comes."
      onRetry={() => setAttempt((now) => now + 1)}
    />
  );
}

/** Whether what comes is shown as it comes. */
export function LiveState({ reading, gone }: { reading: Reading; gone: boolean }) {
  const following = useStore(reading.view, (now) => now.following);
  const away = useStore(service, (now) => now.link === "away");
  const [state, words] = stateOf(following, away, gone);
  return (
    <p class="live" role="status" data-state={state}>
      <span class="live-mark" aria-hidden="true" />
      <span class="live-words">{words}</span>
    </p>
  );
}

function stateOf(following: boolean | null, away: boolean, gone: boolean): [state: string, words: string] {
  if (gone) return ["ended", "Removed"];
  if (away) return ["away", "The service is away"];
  return following ? ["live", "Live"] : ["paused", "Paused"];
}
