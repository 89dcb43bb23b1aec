/** The service's time, ticking once a second, and only while somebody can see it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SystemInfo } from "../api/types.ts";

const listeners = new Set<() => void>();
let offsetMs = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since 1970 on the service's clock, which need not agree with the browser's. */
export function serviceNow(): number {
  return Date.now() + offsetMs;
}

export function setClockFrom(system: SystemInfo): void {
  const serviceTime = Date.parse(system.started_at) + system.uptime_ms;
  if (Number.isFinite(serviceTime)) offsetMs = serviceTime - Date.now();
  tick();
}

/** A text that depends on the time; redraws only when the text changes. */
export function useTicking(text: (now: number) => string): string {
  const [, redraw] = useState(0);
  const shown = text(serviceNow());
  const seen = useRef({ shown, text });
  seen.current = { shown, text };
  useEffect(
    () =>
      onTick(() => {
        if (seen.current.text(serviceNow()) !== seen.current.shown) redraw((count) => count + 1);
      }),
    [],
  );
  return shown;
}

function onTick(listener: () => void): () => void {
  listeners.add(listener);
  schedule();
  return () => {
    listeners.delete(listener);
    schedule();
  };
}

function tick(): void {
  for (const listener of listeners) listener();
}

function schedule(): void {
  const wanted = listeners.size > 0 && !document.hidden;
  if (wanted && timer === undefined) timer = setInterval(tick, 1000);
  if (!wanted && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
  schedule();
});
