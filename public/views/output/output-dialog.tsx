/** The output of a task: which part of it is shown, and what can be done with it. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { OutputFilter } from "../../api/output.ts";
import { countFields, isFollowed, NO_FILTER } from "../../output/filter.ts";
import type { Line } from "../../output/lines.ts";
import { markerOf } from "../../output/pattern.ts";
import { plainText } from "../../output/plain-text.ts";
import type { Reading } from "../../output/reading.ts";
import { linesOf } from "../../output/transcript.ts";
import { Modal } from "../../parts/modal.tsx";
import { closeDialog } from "../../state/dialogs.ts";
import { preferences } from "../../state/preferences.ts";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import { ClearDialog } from "./clear-dialog.tsx";
import { Downloads } from "./downloads.tsx";
import { FilterFields } from "./filter-fields.tsx";
import type { Look } from "./line-block.tsx";
import { Live, LiveState } from "./live.tsx";
import { type Opened, OutputBar } from "./output-bar.tsx";
import { Past } from "./past.tsx";
import { OUTPUT_PANEL } from "./replica-tabs.tsx";
import { SearchForm } from "./search-form.tsx";

export function OutputDialog({ name, replica }: { name: string; replica: number | null }) {
  const task = useStore(service, (now) => now.tasks.get(name));
  const { wrap, times } = useStore(preferences, (now) => now);
  const [filter, setFilter] = useState<OutputFilter>({ ...NO_FILTER, replica });
  const [around, setAround] = useState<Line | null>(null);
  const [opened, setOpened] = useState<Opened>("nothing");
  const [clearing, setClearing] = useState(false);
  const [cleared, setCleared] = useState(0);
  const [reading, setReading] = useState<Reading | null>(null);
  const [readingAround, setReadingAround] = useState<Reading | null>(null);

  const gone = task === undefined;
  const instances = task?.instances ?? [];
  const alias = instances.find((one) => one.index === filter.replica)?.alias ?? null;
  const names = instances.map((one) => `${one.index} ${one.alias}`).join();
  const aliases = useMemo(
    () =>
      filter.replica === null && instances.length > 1
        ? new Map(instances.map((one) => [one.index, one.alias]))
        : null,
    [filter.replica, names],
  );
  const { search } = filter;
  const { openAround, closeAround } = useWayBack(setAround);
  const found = useMemo<Look>(
    () => ({
      times,
      aliases,
      marker: search === null ? null : markerOf(search),
      onAround: search === null ? null : openAround,
    }),
    [times, aliases, search],
  );
  const surroundings = useMemo<Look>(() => ({ ...found, onAround: null }), [found]);

  const change = (next: Partial<OutputFilter>) => {
    setAround(null);
    setFilter((now) => ({ ...now, ...next }));
  };
  const follow = () => change({ search: null, since: null, until: null });
  const textShown = () => {
    const shown = (around === null ? reading : readingAround)?.view.get().transcript;
    return shown === undefined ? "" : plainText(linesOf(shown), { times, aliases });
  };
  const key = `${JSON.stringify(filter)} ${cleared}`;
  return (
    <>
      <Modal
        title={
          <>
            <span class="muted">Output of</span> {name}
          </>
        }
        size="large"
        onClose={closeDialog}
      >
        <OutputBar
          task={task}
          replica={filter.replica}
          onReplica={(index) => change({ replica: index, run: "" })}
          opened={opened}
          onOpen={setOpened}
          onClear={() => setClearing(true)}
          fieldCount={countFields(filter)}
          onReset={() => change({ stream: "", run: "", since: null, until: null })}
        >
          <SearchForm search={search} onSearch={(next) => change({ search: next })} />
          {isFollowed(filter) && reading !== null && <LiveState reading={reading} gone={gone} />}
        </OutputBar>
        {opened === "filter" && <FilterFields name={name} filter={filter} onChange={change} />}
        {opened === "downloads" && (
          <Downloads key={cleared} name={name} alias={alias} filter={filter} textShown={textShown} />
        )}
        <div class="terminal" id={OUTPUT_PANEL} data-wrap={wrap}>
          <div class="pane" inert={around !== null}>
            {isFollowed(filter) ? (
              <Live key={key} name={name} filter={filter} look={found} gone={gone} onReading={setReading} />
            ) : (
              <Past
                key={key}
                name={name}
                filter={filter}
                anchor={{ kind: search === null && filter.since !== null ? "first" : "newest" }}
                look={found}
                gone={gone}
                onReading={setReading}
                onBack={null}
                onNewest={follow}
              />
            )}
          </div>
          {around !== null && (
            <div class="pane pane-above">
              <Past
                key={`${key} ${around.id}`}
                name={name}
                filter={{ ...filter, search: null, since: null, until: null }}
                anchor={{ kind: "around", line: around }}
                look={surroundings}
                gone={gone}
                onReading={setReadingAround}
                onBack={closeAround}
                onNewest={follow}
              />
            </div>
          )}
        </div>
      </Modal>
      {clearing && (
        <ClearDialog
          name={name}
          replica={filter.replica}
          of={alias ?? name}
          onClose={() => setClearing(false)}
          onCleared={() => {
            setAround(null);
            setCleared((count) => count + 1);
          }}
        />
      )}
    </>
  );
}

/** Goes to what stands around a line, and back to the button that led there. */
function useWayBack(setAround: (line: Line | null) => void) {
  const [returns, setReturns] = useState(0);
  const from = useRef<Element | null>(null);
  useLayoutEffect(() => {
    if (from.current instanceof HTMLElement) from.current.focus({ preventScroll: true });
  }, [returns]);
  return {
    openAround: (line: Line) => {
      from.current = document.activeElement;
      setAround(line);
    },
    closeAround: () => {
      setAround(null);
      setReturns((count) => count + 1);
    },
  };
}
