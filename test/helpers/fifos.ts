/** The FIFOs of a service, wherever it makes them. */
import { Database } from "bun:sqlite";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findFifoPlaces, leaveFifoPlaces } from "../../src/output/fifo-places.ts";

/** Names of the FIFOs that are there. */
export function fifosOf(dataDir: string): string[] {
  const places = fifoPlacesOf(dataDir);
  const names = places.flatMap((place) => readdirSync(place));
  leaveFifoPlaces(places);
  return names;
}

/** What a service that was killed has left outside of its data directory. */
export function removeFifos(dataDir: string): void {
  for (const place of fifoPlacesOf(dataDir).slice(0, -1)) rmSync(place, { recursive: true });
}

/** Where the service of a data directory makes them, the place in the data directory last. */
export function fifoPlacesOf(dataDir: string): string[] {
  const inData = join(dataDir, "run");
  const service = serviceOf(join(dataDir, "meproc.db"));
  return service === null ? [inData] : findFifoPlaces({ service, dataDir, fifoDir: null });
}

/** `null` if there is no such database any more. */
function serviceOf(path: string): string | null {
  if (!existsSync(path)) return null;
  try {
    const database = new Database(path, { readonly: true });
    const row = database.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'service'").get();
    database.close();
    return row?.value ?? null;
  } catch (error) {
    // the test has damaged it
    if (error instanceof Error && error.name === "SQLiteError") return null;
    throw error;
  }
}
