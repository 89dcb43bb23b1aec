/** The next times of a cron expression, asked of the service while it is typed. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import { previewCron } from "../../api/service.ts";
import type { SchedulePreview } from "../../api/types.ts";
import { Distance } from "../../parts/ago.tsx";
import { momentIn } from "../../words/moment.ts";

const STILL_MS = 200;

type Answer =
  { kind: "none" } | { kind: "wrong"; message: string } | { kind: "times"; preview: SchedulePreview };

export function CronPreview({ expression }: { expression: string }) {
  const answer = usePreview(expression);
  if (answer.kind === "none") return <div class="cron-next" />;
  if (answer.kind === "wrong") return <p class="cron-next cron-wrong">{answer.message}</p>;
  const { next, timezone } = answer.preview;
  return (
    <div class="cron-next">
      <p>{next.length === 0 ? "It never runs." : `Next times, in ${timezone}:`}</p>
      <ol>
        {next.map((time) => (
          <li key={time}>
            <span>{momentIn(time, timezone)}</span>
            <span class="muted">
              <Distance at={time} />
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function usePreview(expression: string): Answer {
  const [answer, setAnswer] = useState<Answer>({ kind: "none" });
  useEffect(() => {
    if (expression === "") return setAnswer({ kind: "none" });
    const outdated = new AbortController();
    const timer = setTimeout(() => {
      previewCron(expression, outdated.signal).then(
        (preview) => setAnswer(answerOf(preview)),
        (error: unknown) => {
          if (!outdated.signal.aborted) setAnswer({ kind: "wrong", message: messageOf(error) });
        },
      );
    }, STILL_MS);
    return () => {
      clearTimeout(timer);
      outdated.abort();
    };
  }, [expression]);
  return answer;
}

function answerOf(preview: SchedulePreview): Answer {
  return preview.problem === null ? { kind: "times", preview } : { kind: "wrong", message: preview.problem };
}
