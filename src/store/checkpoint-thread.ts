/** Moves the log into the database, by a connection of its own: it waits for the disk, so that the service need not. */
import { Database } from "bun:sqlite";
import { inWords } from "../platform/system-errors.ts";

declare const self: Worker;

/** What is written meanwhile is moved too, as often as that: only when nothing of the log is left does it begin anew. */
const ROUNDS = 10;

self.onmessage = (event: MessageEvent<string>) => {
  try {
    checkpoint(event.data);
    self.postMessage(null);
  } catch (error) {
    self.postMessage(inWords(error));
  }
};

function checkpoint(path: string): void {
  const database = new Database(path, { create: false, readwrite: true });
  try {
    database.run("PRAGMA synchronous = NORMAL");
    const move = database.query<{ log: number }, []>("PRAGMA wal_checkpoint(PASSIVE)");
    let before: number | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const log = move.get()?.log ?? 0;
      if (log === before) return;
      before = log;
    }
  } finally {
    database.close();
  }
}
