/** The table of keepsakes, and those that wait to be written: of each key the last value counts. */
import type { Database } from "bun:sqlite";
import type { Write } from "./write.ts";

const SAVE = "INSERT OR REPLACE INTO keepsakes VALUES (?, ?, ?)";
const REMOVE = "DELETE FROM keepsakes WHERE room = ? AND key = ?";

interface Change {
  readonly room: string;
  readonly key: string;
  readonly value: string | null;
}

export function findKeepsakes(database: Database, room: string): [key: string, value: string][] {
  return database
    .query<{ key: string; value: string }, [string]>(
      "SELECT key, value FROM keepsakes WHERE room = ? ORDER BY key",
    )
    .all(room)
    .map(({ key, value }) => [key, value]);
}

/** As bounded as what its users keep: of what was never written nothing is left once it is removed. */
export class KeepsakeBacklog {
  readonly #database: Database;
  readonly #changes = new Map<string, Change>();
  readonly #stored: Set<string>;

  constructor(database: Database) {
    this.#database = database;
    const rows = database.query<Pick<Change, "room" | "key">, []>("SELECT room, key FROM keepsakes").all();
    this.#stored = new Set(rows.map(({ room, key }) => nameOf(room, key)));
  }

  get size(): number {
    return this.#changes.size;
  }

  set(room: string, key: string, value: string | null): void {
    const name = nameOf(room, key);
    if (value === null && !this.#stored.has(name)) this.#changes.delete(name);
    else this.#changes.set(name, { room, key, value });
  }

  *writes(): Generator<Write> {
    for (const [name, change] of this.#changes)
      yield {
        describe: () => `what is kept of ${change.room}`,
        perform: () => this.#perform(change),
        done: () => this.#done(name, change),
      };
  }

  #perform({ room, key, value }: Change): void {
    if (value === null) this.#database.query(REMOVE).run(room, key);
    else this.#database.query(SAVE).run(room, key, value);
  }

  #done(name: string, { value }: Change): void {
    this.#changes.delete(name);
    if (value === null) this.#stored.delete(name);
    else this.#stored.add(name);
  }
}

function nameOf(room: string, key: string): string {
  return `${room}\n${key}`;
}
