/** The composition root for webhooks and mail. It is loaded only where somebody is to be told. */
import { hostname } from "node:os";
import type { Config, LogLevel } from "./domain/config.ts";
import type { Fact } from "./domain/fact.ts";
import {
  DEFAULT_EVENTS,
  type DeliveryRecord,
  MAIL,
  type MailDefinition,
  type Notifications,
  type WebhookDefinition,
} from "./domain/notify.ts";
import type { Cancel, Clock, Keepsakes, Publish } from "./domain/ports.ts";
import { watchDisks } from "./notify/disk-watch.ts";
import { mailSend } from "./notify/mail.ts";
import { Notifier } from "./notify/notifier.ts";
import { ROOM, Receiver, type ReceiverOptions, type Send } from "./notify/receiver.ts";
import { webhookSend } from "./notify/webhook.ts";

export interface NotificationOptions {
  readonly config: Pick<Config, "webhooks" | "mail" | "dataDir" | "logDir">;
  readonly version: string;
  readonly keepsakes: Keepsakes;
  readonly clock: Clock;
  readonly subscribe: (subscriber: (fact: Fact) => void) => Cancel;
  readonly publish: Publish;
  readonly log: (level: LogLevel, text: string) => void;
}

/** What ends it goes to `ends`. */
export function startNotifier(
  options: NotificationOptions,
  ends: (() => void | Promise<void>)[],
): Notifications {
  const { config, clock, keepsakes, subscribe, publish, version } = options;
  const sender = { host: hostname() };
  const wall = () => clock.now().wall;
  const userAgent = `meproc/${version}`;
  const receivers = config.webhooks.map((each) => {
    const { url, template = "json", secret = null, timeout_ms: timeoutMs = 10_000 } = each;
    const about = {
      kind: "webhook",
      target: new URL(url).origin,
      template,
      signed: secret !== null,
    } as const;
    const send = webhookSend({ url, template, secret, timeoutMs, sender, wall, userAgent });
    return { ...each, about, send };
  });
  const mail = config.mail === null ? [] : [mailReceiver(config.mail, sender)];
  const all = [...receivers, ...mail];
  const kept = keptDeliveries(options, new Set(all.map(({ name }) => name)));
  const notifier = new Notifier({
    receivers: all.map((each) => makeReceiver(each, options, kept.get(each.name) ?? [])),
    clock,
    keepsakes,
  });
  ends.push(subscribe((fact) => notifier.take(fact)));
  ends.push(watchDisks({ paths: [...new Set([config.dataDir, config.logDir])], clock, publish }));
  ends.push(() => notifier.close());
  return notifier;
}

function mailReceiver(mail: MailDefinition, sender: { host: string }) {
  const about = { kind: "mail", target: mail.host, template: null, signed: false } as const;
  return { ...mail, name: MAIL, about, send: mailSend(mail, sender, mail.timeout_ms ?? 10_000) };
}

type Configured = Pick<WebhookDefinition, "name" | "events" | "tasks" | "retry" | "max_queue"> & {
  readonly about: Omit<ReceiverOptions["about"], "name" | "events" | "tasks">;
  readonly send: Send;
};

function makeReceiver(
  { name, about, events, tasks, retry, max_queue, send }: Configured,
  { keepsakes, clock, log }: NotificationOptions,
  kept: readonly DeliveryRecord[],
): Receiver {
  const { attempts = 20, first_ms = 1000, max_ms = 3_600_000 } = retry ?? {};
  return new Receiver(
    {
      about: { ...about, name, events: [...new Set(events ?? DEFAULT_EVENTS)], tasks: tasks ?? null },
      retry: { attempts, firstMs: first_ms, maxMs: max_ms },
      maxQueue: max_queue ?? 1000,
      send,
      keepsakes,
      clock,
      random: Math.random,
      newId: () => Bun.randomUUIDv7(),
      log,
    },
    kept,
  );
}

/** By receiver, in the order of their making. What was for one that is configured no more is given up. */
function keptDeliveries(
  { keepsakes, log }: NotificationOptions,
  names: ReadonlySet<string>,
): ReadonlyMap<string, readonly DeliveryRecord[]> {
  const kept = new Map<string, DeliveryRecord[]>();
  for (const [key, value] of keepsakes.kept(ROOM)) {
    const name = key.slice(0, key.lastIndexOf("/"));
    const letters = kept.get(name) ?? [];
    letters.push(JSON.parse(value) as DeliveryRecord);
    kept.set(name, letters);
    if (!names.has(name)) keepsakes.keep(ROOM, key, null);
  }
  for (const [name, letters] of kept)
    if (!names.has(name))
      log("warn", `${letters.length} messages to ${name}, which is configured no more, are given up`);
  return kept;
}
