/** What the tests of faults have in common: a service that is killed, the next one, and what is written of both. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { RunView } from "../../src/http/run-view.ts";
import type { InstanceView } from "../../src/http/instance-view.ts";
import { apiClient } from "../helpers/api-client.ts";
import { outputOf } from "../helpers/segments.ts";
import { type Service, type ServiceOptions, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

/** kill -9; settles when it is gone. */
export async function crash(service: Service): Promise<void> {
  service.signal("SIGKILL");
  await service.exited;
}

/** The next service on the same data directory. */
export function nextService(service: Service, options: ServiceOptions = {}): Promise<Service> {
  return startService({ ...options, folder: service.folder });
}

export async function afterCrash(service: Service, options: ServiceOptions = {}): Promise<Service> {
  await crash(service);
  return nextService(service, options);
}

/** Looks into the database, or changes it, while no service is there. */
export function withDatabase<T>({ dataDir }: Pick<Service, "dataDir">, use: (database: Database) => T): T {
  const database = new Database(join(dataDir, "meproc.db"), { strict: true });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** What an instance has written, whole lines. */
export function captured({ logDir }: Pick<Service, "logDir">, alias: string): string[] {
  return outputOf(logDir, alias).toString().split("\n").slice(0, -1);
}

export function inState(
  { url }: Pick<Service, "url">,
  name: string,
  state: InstanceView["state"],
  index = 0,
): Promise<InstanceView> {
  return until(async () => {
    const instance = await apiClient(url).instance(name, index);
    return instance.state === state && instance;
  }, `${name}:${index} is ${state}`);
}

/** The runs of a task, the newest first. */
export async function runsOf({ url }: Pick<Service, "url">, task: string): Promise<RunView[]> {
  const response = await fetch(`${url}/api/v1/runs?limit=1000&task=${encodeURIComponent(task)}`);
  return ((await response.json()) as { items: RunView[] }).items;
}
