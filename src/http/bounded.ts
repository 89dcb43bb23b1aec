/**
 * The core as the caller of the request under way may see it: what is out of his bounds is not there, and what he asks for
 * is asked in his name. The routes are given nothing else.
 */
import { type Caller, sees } from "../domain/access.ts";
import { notFound } from "../domain/errors.ts";
import type { Fact } from "../domain/fact.ts";
import type { RunPage, RunQuery } from "../domain/history.ts";
import type { FactArchive, FactQuery, RunArchive } from "../domain/ports.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { HttpDeps } from "./deps.ts";
import { currentCaller } from "./visit.ts";

/** How many are looked through at a time for somebody who does not see all of them. */
const SCAN = 1000;

/** What the surface asks of the core. */
export type Tasks = Pick<
  Supervisor,
  | "list"
  | "get"
  | "select"
  | "define"
  | "replace"
  | "patch"
  | "remove"
  | "start"
  | "stop"
  | "restart"
  | "reload"
  | "runNow"
  | "pause"
  | "resume"
  | "signal"
  | "write"
  | "usage"
  | "waitFor"
  | "agenda"
  | "plan"
  | "apply"
>;

export function bounded(deps: HttpDeps): HttpDeps {
  return {
    ...deps,
    supervisor: boundedTasks(deps.supervisor),
    archive: boundedRuns(deps.archive),
    facts: boundedFacts(deps.facts),
    subscribe: (subscriber) => {
      const caller = currentCaller();
      return deps.subscribe((fact) => {
        if (seesFact(caller, fact)) subscriber(fact);
      });
    },
  };
}

function boundedTasks(core: Tasks): Tasks {
  const visible = (groups: readonly TaskGroup[]): TaskGroup[] => {
    const caller = currentCaller();
    return groups.filter(({ task }) => sees(caller, task.name));
  };
  const mine = (name: string): string => {
    if (!sees(currentCaller(), name)) throw notFound(name);
    return name;
  };
  const by = () => ({ by: currentCaller().actor });
  return {
    list: () => visible(core.list()),
    get: (name) => core.get(mine(name)),
    select: (selection) => visible(core.select(selection)),
    define: (input, options) => core.define(input, { ...options, ...by() }),
    replace: async (name, input, options) => await core.replace(mine(name), input, { ...options, ...by() }),
    patch: async (name, input, options) => await core.patch(mine(name), input, { ...options, ...by() }),
    remove: async (name, options) => await core.remove(mine(name), { ...options, ...by() }),
    start: (name, options) => core.start(mine(name), { ...options, ...by() }),
    stop: async (name, options) => await core.stop(mine(name), { ...options, ...by() }),
    restart: async (name, options) => await core.restart(mine(name), { ...options, ...by() }),
    reload: async (name, options) => await core.reload(mine(name), { ...options, ...by() }),
    runNow: (name, options) => core.runNow(mine(name), { ...options, ...by() }),
    pause: (name, options) => core.pause(mine(name), { ...options, ...by() }),
    resume: (name, options) => core.resume(mine(name), { ...options, ...by() }),
    signal: (name, signal, options) => core.signal(mine(name), signal, { ...options, ...by() }),
    write: async (name, bytes, options) => await core.write(mine(name), bytes, { ...options, ...by() }),
    usage: (name) => core.usage(mine(name)),
    waitFor: async (name, ...rest) => await core.waitFor(mine(name), ...rest),
    agenda: (from, to, limit) => {
      const caller = currentCaller();
      if (caller.tasks === null) return core.agenda(from, to, limit);
      // what others have planned must not take the places of his own
      return core.agenda(from, to, limit, ({ task }) => sees(caller, task.name));
    },
    plan: (input) => core.plan(input),
    apply: (input, options) => core.apply(input, { ...options, ...by() }),
  };
}

function boundedRuns(archive: RunArchive): RunArchive {
  return {
    run: (id) => {
      const caller = currentCaller();
      const run = archive.run(id);
      return run !== null && sees(caller, run.task) ? run : null;
    },
    runs: (query) => {
      const caller = currentCaller();
      return caller.tasks === null ? archive.runs(query) : runsSeenBy(caller, archive, query);
    },
  };
}

function runsSeenBy(caller: Caller, archive: RunArchive, query: RunQuery): RunPage {
  const { limit } = query;
  const none: RunPage = { items: [], nextCursor: null };
  if (query.task !== undefined) return sees(caller, query.task) ? archive.runs(query) : none;
  const items: RunPage["items"][number][] = [];
  let cursor = query.cursor ?? null;
  do {
    const page = archive.runs({ ...query, limit: SCAN, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items.filter(({ task }) => sees(caller, task)));
    cursor = page.nextCursor;
  } while (cursor !== null && items.length <= limit);
  const taken = items.slice(0, limit);
  return { items: taken, nextCursor: items.length > limit ? (taken.at(-1)?.run ?? null) : null };
}

function boundedFacts(archive: FactArchive): FactArchive {
  return {
    facts: (query) => {
      const caller = currentCaller();
      return caller.tasks === null ? archive.facts(query) : factsSeenBy(caller, archive, query);
    },
  };
}

/** As many as were asked for, as long as there are: who pages through them takes a short page for the last. */
function factsSeenBy(caller: Caller, archive: FactArchive, query: FactQuery): Fact[] {
  if (query.task !== undefined) return sees(caller, query.task) ? archive.facts(query) : [];
  const seen: Fact[] = [];
  let after = query.after ?? 0;
  for (;;) {
    const page = archive.facts({ after, limit: SCAN });
    seen.push(...page.filter((fact) => seesFact(caller, fact)));
    after = page.at(-1)?.id ?? after;
    if (query.newest !== true && seen.length >= query.limit) return seen.slice(0, query.limit);
    if (page.length < SCAN) return query.newest === true ? seen.slice(-query.limit) : seen;
  }
}

/** What is about the service is for everybody. */
function seesFact(caller: Caller, fact: Fact): boolean {
  return !("task" in fact) || sees(caller, fact.task);
}
