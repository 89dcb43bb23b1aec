/** Draws lines; a block or line that is the same object as before is not drawn again. */
import { memo } from "preact/compat";
import { type Run, styledRuns } from "../../output/ansi.ts";
import type { Block, Line } from "../../output/lines.ts";

export const LineBlock = memo(({ block }: { block: Block }) => (
  <div class="block">
    {block.lines.map((line) => (
      <LineRow key={line.id} line={line} />
    ))}
  </div>
));

const LineRow = memo(({ line }: { line: Line }) => {
  if (line.notice) return <div class="line notice-line">{line.text}</div>;
  if (line.text === "") return <br class="line" />;
  return <div class="line">{styledRuns(line.text, line.carry).map(toSpan)}</div>;
});

function toSpan(run: Run, at: number) {
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
