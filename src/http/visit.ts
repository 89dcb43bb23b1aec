/**
 * A request on its way through the app: where it comes from, who it is, what it came to. Whatever a handler asks of the
 * core is asked in the name of the visit under way, so that no handler can forget to say who asks.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Caller } from "../domain/access.ts";

export interface Visit {
  readonly address: string;
  /** `null` until it is known who it is, and for nobody that we know. */
  caller: Caller | null;
  /** The route that it came to, `null` before it has come to one. */
  route: string | null;
  /** The task, user or token that it is about. */
  target: string | null;
}

const visits = new AsyncLocalStorage<Visit>();

export function during<T>(visit: Visit, work: () => T): T {
  return visits.run(visit, work);
}

/** Throws outside of a request. */
export function currentVisit(): Visit {
  const visit = visits.getStore();
  if (visit === undefined) throw new Error("No request is under way");
  return visit;
}

/** Throws where it is not known who it is: nothing is done in nobody's name. */
export function currentCaller(): Caller {
  const { caller } = currentVisit();
  if (caller === null) throw new Error("It is not known who asks");
  return caller;
}
