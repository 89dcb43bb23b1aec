/** The executable under measurement, in a folder of its own, and the client that talks to it over kept connections. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childCount } from "./proc.ts";
import { until } from "./time.ts";

const STOP_DEADLINE_MS = 15_000;

export interface InstanceState {
  readonly alias: string;
  readonly state: string;
  readonly pid: number | null;
}

export interface TaskState {
  readonly name: string;
  readonly state: string;
  readonly instances: readonly InstanceState[];
}

/** Those that have not ended yet, with their folders. */
const live = new Map<Bun.Subprocess, string>();

/** A service on an empty folder of its own and a free port. */
export function launch<Out extends "pipe" | Bun.BunFile>(executable: string, folder: string, out: Out) {
  const child = Bun.spawn([executable, "--ip", "127.0.0.1", "--port", "0", "--data-dir", folder], {
    cwd: folder,
    stdio: ["ignore", out, "inherit"],
  });
  live.set(child, folder);
  return child;
}

/** Asks it to stop, kills it if it does not, removes its folder, and returns how many milliseconds the end took. */
export async function end(child: Bun.Subprocess): Promise<number> {
  const begin = performance.now();
  const last = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  child.kill("SIGTERM");
  await child.exited;
  const took = performance.now() - begin;
  clearTimeout(last);
  rmSync(live.get(child) ?? "", { recursive: true, force: true });
  live.delete(child);
  return took;
}

export async function endAll(): Promise<void> {
  await Promise.all([...live.keys()].map(end));
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "meproc-bench-"));
}

export class Service {
  readonly folder: string;
  readonly url: string;
  readonly #process: Bun.Subprocess;

  private constructor(folder: string, url: string, process: Bun.Subprocess) {
    this.folder = folder;
    this.url = url;
    this.#process = process;
  }

  /** Settles when it answers. */
  static async start(executable: string, folder = makeFolder()): Promise<Service> {
    const log = join(folder, "terminal");
    const process = launch(executable, folder, Bun.file(log));
    const address = await until("the service listens", () => addressIn(log));
    return new Service(folder, `http://${address}`, process);
  }

  get pid(): number {
    return this.#process.pid;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** POST of a task's definition, to `/proc` or `/api/v1/tasks`. */
  async define(surface: "/proc" | "/api/v1/tasks", definition: Record<string, unknown>): Promise<void> {
    const response = await fetch(this.url + surface, { method: "POST", body: JSON.stringify(definition) });
    const body = await response.text();
    if (!response.ok) throw new Error(`${definition["name"]}: ${body}`);
  }

  async remove(name: string): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/tasks/${name}`, { method: "DELETE" });
    await response.text();
    if (!response.ok) throw new Error(`${name} was not removed: ${response.status}`);
  }

  async get(path: string): Promise<string> {
    const response = await fetch(this.url + path);
    const body = await response.text();
    if (!response.ok) throw new Error(`${path}: ${body}`);
    return body;
  }

  async tasks(): Promise<TaskState[]> {
    return JSON.parse(await this.get("/api/v1/tasks")).items;
  }

  /** Settles when so many processes run. The service is not asked before it has so many: that would slow it down. */
  async running(count: number): Promise<void> {
    await until(`${count} children`, () => childCount(this.pid) >= count || null);
    await until(`${count} processes run`, async () => {
      const instances = (await this.tasks()).flatMap((task) => task.instances);
      return (
        instances.filter(({ state, pid }) => state === "running" && pid !== null).length === count || null
      );
    });
  }

  /** Ends it and all its processes, and returns how many milliseconds that took. */
  stop(): Promise<number> {
    return end(this.#process);
  }
}

/** Measures on a service that is ended whatever happens. */
export async function withService<T>(
  executable: string,
  measure: (service: Service) => Promise<T>,
): Promise<T> {
  const service = await Service.start(executable);
  try {
    return await measure(service);
  } finally {
    await service.stop();
  }
}

function addressIn(log: string): string | null {
  return /Listen on: (\S+)\n/.exec(readFileSync(log, "utf8"))?.[1] ?? null;
}
