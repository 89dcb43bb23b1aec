/** Checks, output and files that do what the test says. */
import type {
  Cancel,
  LineWatcher,
  Probe,
  Prober,
  RunRequest,
  WatchedOutput,
  Watcher,
} from "../../src/domain/ports.ts";
import type { RunId } from "../../src/domain/run.ts";

export interface OpenProbe {
  readonly request: RunRequest;
  readonly check: Probe;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** `null` for healthy, else why not. */
  readonly answer: (trouble: string | null) => void;
}

/** Each check waits for the test to answer it. */
export class FakeProber implements Prober {
  readonly open = new Set<OpenProbe>();
  /** How many there have been, and the most at the same moment for one instance. */
  asked = 0;
  most = 0;

  probe(request: RunRequest, check: Probe, timeoutMs: number, signal: AbortSignal): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const answer = (trouble: string | null) => {
      this.open.delete(probe);
      resolve(trouble);
    };
    const probe: OpenProbe = { request, check, timeoutMs, signal, answer };
    signal.addEventListener("abort", () => answer("aborted"));
    this.open.add(probe);
    this.asked++;
    const alike = [...this.open].filter((each) => each.request.alias === request.alias);
    this.most = Math.max(this.most, alike.length);
    return promise;
  }

  /** The one that is open. */
  get one(): OpenProbe {
    const [probe, ...more] = this.open;
    if (probe === undefined || more.length > 0) throw new Error(`${this.open.size} checks are open`);
    return probe;
  }
}

interface LineWait {
  readonly run: RunId;
  readonly alias: string;
  readonly pattern: RegExp;
  readonly matched: () => void;
}

export class FakeLines implements LineWatcher {
  readonly waits = new Set<LineWait>();

  watch({ run, alias }: WatchedOutput, pattern: RegExp, matched: () => void): Cancel {
    const wait = { run, alias, pattern, matched };
    this.waits.add(wait);
    return () => this.waits.delete(wait);
  }

  /** A replica writes a line. */
  write(alias: string, line: string): void {
    for (const wait of [...this.waits]) {
      if (wait.alias !== alias || !wait.pattern.test(line)) continue;
      this.waits.delete(wait);
      wait.matched();
    }
  }
}

interface FileWait {
  readonly paths: readonly string[];
  readonly changed: (path: string) => void;
}

export class FakeWatcher implements Watcher {
  readonly waits = new Set<FileWait>();
  /** Paths that cannot be watched. */
  readonly missing = new Set<string>();

  watch(paths: readonly string[], _ignore: readonly string[], changed: (path: string) => void): Cancel {
    const missing = paths.find((path) => this.missing.has(path));
    if (missing !== undefined) throw new Error(`${missing}: there is no such file or folder`);
    const wait = { paths, changed };
    this.waits.add(wait);
    return () => this.waits.delete(wait);
  }

  change(path: string): void {
    for (const wait of [...this.waits]) wait.changed(path);
  }
}
