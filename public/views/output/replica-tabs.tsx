/** One tab for each replica; the arrow keys go from one to the next. */
import { useRef } from "preact/hooks";
import type { Instance } from "../../api/types.ts";
import { instanceTone } from "../../task/condition.ts";

export type ReplicaTabsProps = {
  instances: readonly Instance[];
  shown: number;
  onShow: (index: number) => void;
};

export const OUTPUT_PANEL = "output-panel";

export function ReplicaTabs({ instances, shown, onShow }: ReplicaTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = instances.findIndex((one) => one.index === shown);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = instances.at(step % instances.length);
    if (next === undefined) return;
    onShow(next.index);
    list.current?.querySelector<HTMLElement>(`[data-index="${next.index}"]`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Replicas" ref={list} onKeyDown={onKeyDown} tabIndex={-1}>
      {instances.map((instance) => (
        <button
          key={instance.index}
          type="button"
          role="tab"
          class="tab"
          data-index={instance.index}
          data-tone={instanceTone(instance)}
          aria-selected={instance.index === shown}
          aria-controls={OUTPUT_PANEL}
          tabIndex={instance.index === shown ? 0 : -1}
          title={`${instance.alias}: ${instance.state}`}
          onClick={() => onShow(instance.index)}
        >
          <span class="badge-dot" aria-hidden="true" />
          {instance.alias}
          <span class="hidden">, {instance.state}</span>
        </button>
      ))}
    </div>
  );
}
