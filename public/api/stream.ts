/**
 * A server-sent event stream that never gives up. EventSource itself stays closed after an HTTP error and
 * waits seconds after a lost connection; so every failure closes it and a new one is made, with back-off.
 */

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 5_000;

export type StreamOptions = {
  /** Asked before every connection, so that it can go on from where the last one ended. */
  url: () => string;
  events: Record<string, (event: MessageEvent<string>) => void>;
  onOpen?: () => void;
  /** Called after each failed or lost connection with how many there were in a row. */
  onDown?: (failures: number) => void;
};

/** Opens the stream; the function it returns closes it for good. */
export function openStream(options: StreamOptions): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const connect = () => {
    clearTimeout(timer);
    source?.close();
    const next = new EventSource(options.url());
    source = next;
    next.onopen = () => {
      failures = 0;
      options.onOpen?.();
    };
    next.onerror = () => {
      next.close();
      failures += 1;
      options.onDown?.(failures);
      timer = setTimeout(connect, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
    };
    for (const [name, handle] of Object.entries(options.events)) next.addEventListener(name, handle);
  };
  // Somebody looks at the page again, or the network is back: no reason to sit out the pause.
  const hurry = () => {
    if (failures > 0 && !document.hidden) connect();
  };

  document.addEventListener("visibilitychange", hurry);
  window.addEventListener("online", hurry);
  connect();
  return () => {
    document.removeEventListener("visibilitychange", hurry);
    window.removeEventListener("online", hurry);
    clearTimeout(timer);
    source?.close();
  };
}
