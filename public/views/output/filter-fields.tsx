/** Which stream, which run, from when until when. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import type { OutputFilter } from "../../api/output.ts";
import { listRuns } from "../../api/runs.ts";
import type { Run } from "../../api/types.ts";
import { fromLocalField, toLocalField } from "../../output/filter.ts";
import { moment } from "../../words/moment.ts";
import { unhappyEnd } from "../../words/outcome.ts";

export type FilterFieldsProps = {
  name: string;
  filter: OutputFilter;
  onChange: (change: Partial<OutputFilter>) => void;
};

type Runs = { list: readonly Run[]; trouble: string | null };

export function FilterFields({ name, filter, onChange }: FilterFieldsProps) {
  const { list, trouble } = useRuns(name);
  const runs = list.filter((run) => filter.replica === null || run.index === filter.replica);
  return (
    <fieldset class="output-fields">
      <legend class="hidden">Show only</legend>
      <Labelled label="Stream">
        {(id) => (
          <select
            id={id}
            class="input"
            value={filter.stream}
            onChange={(event) => onChange({ stream: event.currentTarget.value as OutputFilter["stream"] })}
          >
            <option value="">stdout and stderr</option>
            <option value="stdout">stdout</option>
            <option value="stderr">stderr</option>
          </select>
        )}
      </Labelled>
      <Labelled label="Run">
        {(id) => (
          <>
            <select
              id={id}
              class="input"
              value={filter.run}
              onChange={(event) => onChange({ run: event.currentTarget.value })}
            >
              <option value="">all runs</option>
              {runs.map((run) => (
                <option key={run.id} value={run.id}>
                  {runInWords(run)}
                </option>
              ))}
            </select>
            {trouble !== null && <p class="field-problem">{trouble}</p>}
          </>
        )}
      </Labelled>
      <Moment label="From" value={filter.since} onChange={(since) => onChange({ since })} />
      <Moment label="Until" value={filter.until} onChange={(until) => onChange({ until })} />
    </fieldset>
  );
}

type MomentProps = { label: string; value: string | null; onChange: (value: string | null) => void };

function Moment({ label, value, onChange }: MomentProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <input
          id={id}
          class="input"
          type="datetime-local"
          step={1}
          value={toLocalField(value)}
          title={value === null ? "In your own time zone" : `${value} (UTC)`}
          onChange={(event) => onChange(fromLocalField(event.currentTarget.value))}
        />
      )}
    </Labelled>
  );
}

/** A control with its label above it; not inside, where what it holds would be a part of its name. */
function Labelled({ label, children }: { label: string; children: (id: string) => ComponentChildren }) {
  const id = useId();
  return (
    <div>
      <label for={id}>{label}</label>
      {children(id)}
    </div>
  );
}

function useRuns(name: string): Runs {
  const [runs, setRuns] = useState<Runs>({ list: [], trouble: null });
  useEffect(() => {
    const outdated = new AbortController();
    listRuns(name, outdated.signal).then(
      (list) => setRuns({ list, trouble: null }),
      (error: unknown) => {
        if (!outdated.signal.aborted) setRuns({ list: [], trouble: messageOf(error) });
      },
    );
    return () => outdated.abort();
  }, [name]);
  return runs;
}

function runInWords(run: Run): string {
  const end =
    run.ended_at === null ? "running" : (unhappyEnd(run.exit_code, run.exit_signal) ?? run.result ?? "ended");
  return `${moment(run.started_at)} · ${run.alias} · ${end.replaceAll("_", " ")}`;
}
