/** What has been written: what a search has found, a stretch of time, or what stands around a line. */
import { useState } from "preact/hooks";
import type { OutputFilter } from "../../api/output.ts";
import { type Anchor, readPast } from "../../output/past.ts";
import type { Reading, Shown } from "../../output/reading.ts";
import { Icon } from "../../parts/icon.tsx";
import { serviceNow } from "../../state/clock.ts";
import { useStore } from "../../state/store.ts";
import { clockTime, moment } from "../../words/moment.ts";
import type { Look } from "./line-block.tsx";
import { Pane } from "./pane.tsx";
import { useReading } from "./use-reading.ts";

export type PastProps = {
  name: string;
  filter: OutputFilter;
  anchor: Anchor;
  look: Look;
  gone: boolean;
  onReading: (reading: Reading | null) => void;
  /** Back to what was searched; null where this is it. */
  onBack: (() => void) | null;
  onNewest: () => void;
};

export function Past({ name, filter, anchor, look, gone, onReading, onBack, onNewest }: PastProps) {
  const [attempt, setAttempt] = useState(0);
  const reading = useReading(() => readPast(name, filter, anchor), attempt, onReading);
  if (reading === null) return null;
  const searched = filter.search !== null;
  return (
    <>
      <div class="strip">
        <Heading reading={reading} filter={filter} anchor={anchor} />
        {onBack !== null && (
          <button type="button" class="button" onClick={onBack}>
            Back to the results
          </button>
        )}
        <button type="button" class="button button-quiet" onClick={onNewest}>
          <Icon name="down" />
          Follow the newest
        </button>
      </div>
      <Pane
        reading={reading}
        look={look}
        gone={gone}
        busyWords={searched ? "Searching…" : "Reading the output…"}
        failedWords={searched ? "The search did not work." : "The output could not be read."}
        empty={searched ? "No line matches." : "Nothing was written then."}
        onRetry={() => setAttempt((now) => now + 1)}
      />
    </>
  );
}

function Heading({ reading, filter, anchor }: Pick<PastProps, "filter" | "anchor"> & { reading: Reading }) {
  const words = useStore(reading.view, (now) => headingOf(now, filter, anchor));
  return <p role="status">{words}</p>;
}

function headingOf(shown: Shown, filter: OutputFilter, anchor: Anchor): string {
  if (anchor.kind === "around") return `Around ${clockTime(anchor.line.time ?? 0, serviceNow())}`;
  const when = [
    filter.since === null ? [] : [`from ${moment(filter.since)}`],
    filter.until === null ? [] : [`until ${moment(filter.until)}`],
  ]
    .flat()
    .join(" ");
  if (filter.search === null) return `What was written ${when}`;
  if (shown.phase !== "ready") return "";
  const count = shown.transcript.lineCount;
  const lines = `${count.toLocaleString("en")} ${count === 1 ? "line matches" : "lines match"}`;
  const found =
    shown.earlier.kind === "nothing" ? lines : `The newest ${count.toLocaleString("en")} that match`;
  return when === "" ? found : `${found}, ${when}`;
}
