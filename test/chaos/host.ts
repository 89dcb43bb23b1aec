/** The service under chaos: started, killed and started again on one data directory, and asked over HTTP. */
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunView } from "../../src/http/run-view.ts";
import type { TaskView } from "../../src/http/task-view.ts";
import { MARK, killMarked } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";
import { Violation } from "./violation.ts";

const LISTEN = /Listen on: (\S+)\n/;
const START_MS = 20_000;
const PAGE = 1000;
/** All output is kept, to be read; files are small, so that many are closed while the service is killed. */
const CONFIG = `[log]
max_bytes = ${4 << 20}
total_bytes = 0
all_tasks_bytes = 0
compress = false
`;
/** Lines of its log that speak of a fault of its own. */
const FAULT = /^.*(?:Unexpected: |A subscriber failed|were lost|database cannot be).*$/m;

export class Host {
  readonly folder: string;
  readonly logDir: string;
  readonly dataDir: string;
  readonly #executable: readonly string[];
  #child: Bun.Subprocess | null = null;
  readonly #config: string;
  #starts = 0;
  #url = "";
  #killed = false;
  #over = false;

  constructor(folder: string, executable: readonly string[]) {
    this.folder = folder;
    this.dataDir = join(folder, "data");
    this.logDir = join(this.dataDir, "log");
    this.#executable = executable;
    this.#config = join(folder, "meproc.toml");
    mkdirSync(folder);
    writeFileSync(this.#config, CONFIG);
  }

  /** Whether a request that was cut off has a reason. */
  get killed(): boolean {
    return this.#killed;
  }

  /** Starts it and does not wait. */
  launch(): void {
    if (this.#over) throw new Error("it was ended");
    this.#killed = false;
    const terminal = openSync(this.#terminal(++this.#starts), "w");
    this.#child = Bun.spawn(
      [
        ...this.#executable,
        ...["--config", this.#config, "--ip", "127.0.0.1", "--port", "0", "--data-dir", this.dataDir],
      ],
      {
        cwd: this.folder,
        env: {
          PATH: process.env["PATH"] ?? "/usr/bin:/bin",
          HOME: this.folder,
          TZ: "UTC",
          [MARK]: this.folder,
        },
        stdio: ["ignore", terminal, terminal],
      },
    );
    closeSync(terminal);
  }

  /** Settles when it listens. */
  async ready(): Promise<void> {
    const said = () => readFileSync(this.#terminal(this.#starts), "utf8");
    const address = await until(
      () => {
        if (this.#child?.exitCode !== null) throw new Violation(`the service ended by itself: ${said()}`);
        return LISTEN.exec(said())?.[1];
      },
      "the service listens",
      START_MS,
    );
    this.#url = `http://${address}/api/v1`;
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /** Asks it to stop; settles with its exit code. */
  async stop(): Promise<number> {
    this.#child?.kill("SIGTERM");
    return (await this.#child?.exited) ?? 0;
  }

  /** Ends it and everything that it has started, whatever state it is in. */
  async end(): Promise<void> {
    // a round that is under way must not start it again
    this.#over = true;
    await this.kill();
    killMarked(this.folder);
  }

  /** Rejects if the service is no more. A kept connection would be tried again, and the request sent twice. */
  request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      keepalive: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async tasks(): Promise<Map<string, TaskView>> {
    const { items } = (await this.#get("/tasks")) as { items: TaskView[] };
    return new Map(items.map((task) => [task.name, task]));
  }

  /** All of them, the newest first. */
  async runs(): Promise<RunView[]> {
    const runs: RunView[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = (await this.#get(`/runs?limit=${PAGE}${from}`)) as {
        items: RunView[];
        next_cursor: string | null;
      };
      runs.push(...page.items);
      cursor = page.next_cursor;
    }
    return runs;
  }

  /** The service's own log must not speak of faults. Throws Violation. */
  assertNoFault(): void {
    for (const name of readdirSync(this.logDir).filter((each) => each.startsWith("Meproc-"))) {
      const fault = FAULT.exec(readFileSync(join(this.logDir, name), "utf8"));
      if (fault !== null) throw new Violation(`the service's log: ${fault[0]}`);
    }
  }

  async #get(path: string): Promise<unknown> {
    const response = await this.request("GET", path);
    if (!response.ok) throw new Violation(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  #terminal(start: number): string {
    return join(this.folder, `terminal-${start}`);
  }
}
