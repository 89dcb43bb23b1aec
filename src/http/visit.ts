/**
 * A request on its way through the app: where it comes from, who it is, what it came to. Whatever a handler asks of the
 * core is asked in the name of the visit under way, so that no handler can forget to say who asks.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Caller } from "../domain/access.ts";
import type { Cancel } from "../domain/ports.ts";

export interface Visit {
  readonly address: string;
  /** `null` until it is known who it is, and for nobody that we know. */
  caller: Caller | null;
  /** The route that it came to, `null` before it has come to one. */
  route: string | null;
  /** The task, user or token that it is about. */
  target: string | null;
  /** Calls back once when the caller is no longer who he was. */
  watch: (changed: () => void) => Cancel;
}

const visits = new AsyncLocalStorage<Visit>();

export function newVisit(address: string): Visit {
  return { address, caller: null, route: null, target: null, watch: () => () => undefined };
}

export function during<T>(visit: Visit, work: () => T): T {
  return visits.run(visit, work);
}

/** Throws outside of a request. */
export function currentVisit(): Visit {
  const visit = visits.getStore();
  if (visit === undefined) throw new Error("No request is under way");
  return visit;
}

/** For an answer without an end: calls back once when the caller of the request under way may no longer have it. */
export function whenRevoked(end: () => void): Cancel {
  return visits.getStore()?.watch(end) ?? (() => undefined);
}

/** Throws where it is not known who it is: nothing is done in nobody's name. */
export function currentCaller(): Caller {
  const { caller } = currentVisit();
  if (caller === null) throw new Error("It is not known who asks");
  return caller;
}
