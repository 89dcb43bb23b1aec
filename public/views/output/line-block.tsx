/** Draws lines; a block or line that is the same object as before is not drawn again. */
import { memo } from "preact/compat";
import { type Run, styledRuns, withSpans } from "../../output/ansi.ts";
import type { Block, Line } from "../../output/lines.ts";
import { spansIn } from "../../output/pattern.ts";
import { Icon } from "../../parts/icon.tsx";
import { serviceNow } from "../../state/clock.ts";
import { clockTime } from "../../words/moment.ts";

/** What is shown of each line beside its text. */
export type Look = {
  times: boolean;
  /** The aliases, where the lines of several replicas stand together. */
  aliases: ReadonlyMap<number, string> | null;
  /** What was searched for. */
  marker: RegExp | null;
  /** Opens what stands around a line. */
  onAround: ((line: Line) => void) | null;
};

type BlockProps = { block: Block; look: Look; marked: number | null };

export const LineBlock = memo(({ block, look, marked }: BlockProps) => (
  <div class="block">
    {block.lines.map((line) => (
      <LineRow key={line.id} line={line} look={look} marked={line.id === marked} />
    ))}
  </div>
));

const LineRow = memo(({ line, look, marked }: { line: Line; look: Look; marked: boolean }) => {
  if (line.notice) return <div class="line notice-line">{line.text}</div>;
  const stream = line.stream ?? undefined;
  const isPlain = !look.times && look.aliases === null && look.onAround === null;
  if (isPlain && line.text === "" && !marked) return <br class="line" data-stream={stream} />;
  return (
    <div class="line" data-stream={stream} data-marked={marked || undefined}>
      {look.onAround !== null && <Around line={line} onAround={look.onAround} />}
      {look.times && <At time={line.time} />}
      {look.aliases !== null && (
        <span class="from" data-replica={line.replica % 6}>
          {look.aliases.get(line.replica) ?? `:${line.replica}`}
        </span>
      )}
      {isPlain ? wordsOf(line, look) : <span class="said">{wordsOf(line, look)}</span>}
    </div>
  );
});

function Around({ line, onAround }: { line: Line; onAround: (line: Line) => void }) {
  const when = line.time === null ? "" : ` at ${clockTime(line.time, serviceNow())}`;
  return (
    <button
      type="button"
      class="around"
      title="Show what stands around it"
      aria-label={`Show what stands around the line${when}`}
      aria-disabled={line.time === null}
      onClick={() => line.time !== null && onAround(line)}
    >
      <Icon name="around" />
    </button>
  );
}

function At({ time }: { time: number | null }) {
  if (time === null) return <span class="at">time not known</span>;
  const utc = new Date(time).toISOString();
  return (
    <time class="at" dateTime={utc} title={`${utc} (UTC)`}>
      {clockTime(time, serviceNow())}
    </time>
  );
}

function wordsOf(line: Line, look: Look) {
  const runs = styledRuns(line.text, line.carry);
  if (look.marker === null) return runs.map(toSpan);
  const spans = spansIn(runs.map((run) => run.text).join(""), look.marker);
  return withSpans(runs, spans).map(toSpan);
}

function toSpan(run: Run, at: number) {
  if (run.found) {
    return (
      <mark key={at} class={run.classes}>
        {run.text}
      </mark>
    );
  }
  if (run.classes === "") return run.text;
  const style: Record<string, string> = {};
  if (run.color !== null) style["--ansi-fg"] = `rgb(${run.color})`;
  if (run.background !== null) style["--ansi-bg"] = `rgb(${run.background})`;
  return (
    <span key={at} class={run.classes} style={style}>
      {run.text}
    </span>
  );
}
