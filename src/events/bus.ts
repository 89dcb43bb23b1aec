/** The bus of facts: gives each fact its number and time and hands it on. A subscriber that fails harms no other. */
import type { Fact, FactBody } from "../domain/fact.ts";
import type { Cancel } from "../domain/ports.ts";

export type Subscriber = (fact: Fact) => void;

export class Bus {
  readonly #subscribers = new Set<Subscriber>();
  readonly #wall: () => number;
  readonly #onError: (error: unknown) => void;
  #lastId: number;

  /** Numbers go on after `lastId`. */
  constructor(wall: () => number, onError: (error: unknown) => void, lastId = 0) {
    this.#lastId = lastId;
    this.#wall = wall;
    this.#onError = onError;
  }

  publish(body: FactBody): void {
    const fact: Fact = { ...body, id: ++this.#lastId, time: new Date(this.#wall()).toISOString() };
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(fact);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  subscribe(subscriber: Subscriber): Cancel {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }
}
