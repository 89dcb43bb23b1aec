/** One tab for all replicas together and one for each; the arrow keys go from one to the next. */
import { useRef } from "preact/hooks";
import type { Instance } from "../../api/types.ts";
import { instanceTone } from "../../task/condition.ts";

export type ReplicaTabsProps = {
  instances: readonly Instance[];
  /** The index of the replica; null for all of them. */
  shown: number | null;
  onShow: (index: number | null) => void;
};

export const OUTPUT_PANEL = "output-panel";

export function ReplicaTabs({ instances, shown, onShow }: ReplicaTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const tabs = [null, ...instances];
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex((one) => (one?.index ?? null) === shown);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = tabs.at(step % tabs.length)?.index ?? null;
    onShow(next);
    list.current?.querySelector<HTMLElement>(`[data-index="${next ?? "all"}"]`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Replicas" ref={list} onKeyDown={onKeyDown} tabIndex={-1}>
      {tabs.map((instance) => {
        const index = instance?.index ?? null;
        return (
          <button
            key={index ?? "all"}
            type="button"
            role="tab"
            class="tab"
            data-index={index ?? "all"}
            data-tone={instance ? instanceTone(instance) : undefined}
            aria-selected={index === shown}
            aria-controls={OUTPUT_PANEL}
            tabIndex={index === shown ? 0 : -1}
            title={instance ? `${instance.alias}: ${instance.state}` : "All replicas, by time"}
            onClick={() => onShow(index)}
          >
            {instance && <span class="badge-dot" aria-hidden="true" />}
            {instance?.alias ?? "All"}
            {instance && <span class="hidden">, {instance.state}</span>}
          </button>
        );
      })}
    </div>
  );
}
