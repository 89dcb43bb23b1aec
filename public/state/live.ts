/** Keeps what the page knows current: the event stream says what changed, and just that is read again. */
import { API, AwayError, messageOf } from "../api/http.ts";
import { getSystem, listPlugins } from "../api/service.ts";
import { openStream } from "../api/stream.ts";
import { findTask, listTasks } from "../api/tasks.ts";
import { whoAmI } from "../api/session.ts";
import { listWebhooks } from "../api/webhooks.ts";
import type { Fact } from "../api/types.ts";
import { setClockFrom } from "./clock.ts";
import { createRefresher } from "./refresher.ts";
import { visitor } from "./session.ts";
import { replaceTask, replaceTasks, service, setLink, setTrouble } from "./service.ts";

const refresher = createRefresher(readOne, readAll);

/** An answer that was under way when its task went may be from before: it is not to bring the task back. */
const goneWhileReading = new Set<string>();

/** A loss is told when it begins; whether it is over is looked at again while there is one. */
const LOSS_OVER_MS = 6_000;
let lookingAgain: ReturnType<typeof setTimeout> | undefined;

/** What becomes of plugins is no fact: while there are any, they are looked at so often. */
const PLUGINS_MS = 10_000;
let pluginsAgain: ReturnType<typeof setTimeout> | undefined;

/** Reads one task, or all, again soon: for callers that have changed something or were asked to. */
export const refreshTask = refresher.one;
export const refreshTasks = refresher.all;

/** Starts watching, for as long as the page lives. */
export function watchService(): void {
  openStream({
    url: () => `${API}/events`,
    events: { fact: (event) => onFact(JSON.parse(event.data) as Fact) },
    onOpen: () => {
      setLink("live");
      refresher.all();
      void readSystem();
      void readPlugins();
      void readWebhooks();
    },
    // One lost connection may be a proxy's whim; when the next try fails too, the service is away.
    onDown: (failures) => {
      if (failures > 1) setLink("away");
      if (visitor.get().caller?.via === "session") void whoAmI().catch(ignored);
    },
  });
}

/** A session that has ended is told to the page by the request itself, a service that is away by the stream. */
const ignored = () => undefined;

/** Takes a task off the list that is known to be gone. */
export function taskGone(name: string): void {
  refresher.forget(name);
  goneWhileReading.add(name);
  replaceTask(name, null);
}

function onFact(fact: Fact): void {
  if (!fact.task || fact.kind === "output.lost") void readSystem();
  else if (fact.kind === "task.removed") taskGone(fact.task);
  else refresher.one(fact.task);
}

async function readAll(): Promise<void> {
  goneWhileReading.clear();
  try {
    const tasks = await listTasks();
    if (goneWhileReading.size > 0) refresher.all();
    replaceTasks(tasks.filter((task) => !goneWhileReading.has(task.name)));
  } catch (error) {
    // When nothing answers, the event stream notices too, says so, and reads again once it is back.
    if (!(error instanceof AwayError)) setTrouble(messageOf(error));
  }
}

async function readOne(name: string): Promise<void> {
  goneWhileReading.delete(name);
  try {
    const task = await findTask(name);
    if (goneWhileReading.has(name)) refresher.one(name);
    else replaceTask(name, task);
  } catch (error) {
    if (!(error instanceof AwayError)) setTrouble(messageOf(error));
  }
}

async function readSystem(): Promise<void> {
  try {
    const system = await getSystem();
    setClockFrom(system);
    service.update((now) => ({ ...now, system }));
    clearTimeout(lookingAgain);
    if (system.output_trouble) lookingAgain = setTimeout(() => void readSystem(), LOSS_OVER_MS);
  } catch (error) {
    // Only the header's version and host are missing then; the tasks are what matters.
    console.warn("Could not read the service's own data:", messageOf(error));
  }
}

async function readPlugins(): Promise<void> {
  clearTimeout(pluginsAgain);
  try {
    const plugins = await listPlugins();
    service.update((now) => (plugins.length + now.plugins.length === 0 ? now : { ...now, plugins }));
    if (plugins.length > 0) pluginsAgain = setTimeout(() => void readPlugins(), PLUGINS_MS);
  } catch (error) {
    // the list is as it was; who reaches the service again reads it again
    if (!(error instanceof AwayError)) console.warn("Could not read the plugins:", messageOf(error));
  }
}

/** Which there are changes only with the service; how they stand is read by whoever looks at them. */
async function readWebhooks(): Promise<void> {
  // whoever is bound to tasks is refused them
  if (visitor.get().caller?.tasks !== null) return;
  try {
    const webhooks = (await listWebhooks()).length > 0;
    service.update((now) => (now.webhooks === webhooks ? now : { ...now, webhooks }));
  } catch (error) {
    // as it was; who reaches the service again reads it again
    if (!(error instanceof AwayError)) console.warn("Could not read the webhooks:", messageOf(error));
  }
}
