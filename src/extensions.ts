/**
 * The composition root for what is told to people and machines outside: notifications, metrics and traces. What is not configured
 * is not loaded, not started and hears of nothing.
 */
import type { Config } from "./domain/config.ts";
import type { MetricsDesk } from "./domain/extensions.ts";
import type { Notifications } from "./domain/notify.ts";
import type { Traces } from "./http/traces.ts";
import type { Surroundings } from "./metrics/surroundings.ts";
import type { NotificationOptions } from "./notifications.ts";

export interface ExtensionOptions extends NotificationOptions, Omit<Surroundings, "receivers"> {
  readonly config: NotificationOptions["config"] & Pick<Config, "metrics" | "otel">;
}

export interface Extensions {
  readonly notifications: Notifications | null;
  readonly metrics: MetricsDesk | null;
  readonly traces: Traces | null;
  /** Settles when what is under way has ended or was cut off. */
  close(): Promise<void>;
}

/** To be called before the first fact. */
export async function startExtensions(options: ExtensionOptions): Promise<Extensions> {
  const { config, subscribe } = options;
  const ends: (() => void | Promise<void>)[] = [];
  const { webhooks, mail } = config;
  const notifications = webhooks.length > 0 || mail !== null ? await startNotifications(options, ends) : null;
  const metrics = config.metrics === null ? null : await startMetrics(options, config.metrics, notifications);
  if (metrics !== null) {
    ends.push(subscribe((fact) => metrics.take(fact)));
    ends.push(() => metrics.close());
  }
  const traces = config.otel === null ? null : await startTraces(config.otel);
  if (traces !== null) ends.push(() => traces.close());
  return {
    notifications,
    metrics,
    traces,
    close: async () => {
      // who is last to end still hears of what happens while others take their time
      for (const end of ends.splice(0).toReversed()) await end();
    },
  };
}

async function startNotifications(
  options: ExtensionOptions,
  ends: (() => void | Promise<void>)[],
): Promise<Notifications> {
  const { startNotifier } = await import("./notifications.ts");
  return startNotifier(options, ends);
}

async function startMetrics(
  options: ExtensionOptions,
  definition: NonNullable<Config["metrics"]>,
  notifications: Notifications | null,
) {
  const { createMetrics } = await import("./metrics/metrics.ts");
  return createMetrics(definition, { ...options, receivers: () => notifications?.receivers() ?? [] });
}

async function startTraces(definition: NonNullable<Config["otel"]>): Promise<Traces> {
  const { createTraces } = await import("./http/traces.ts");
  return createTraces(definition);
}
