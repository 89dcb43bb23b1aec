/** What the HTTP surface is given by main.ts. */
import type { Config, LogLevel } from "../domain/config.ts";
import type { Fact } from "../domain/fact.ts";
import type { MetricsDesk } from "../domain/extensions.ts";
import type { Notifications } from "../domain/notify.ts";
import type { OutputArchive, OutputKeeper } from "../domain/output.ts";
import type { Companions } from "../domain/plugins.ts";
import type { Cancel, Clock, FactArchive, OutputReader, RunArchive } from "../domain/ports.ts";
import type { Access, Caller } from "../domain/access.ts";
import type { Accounts, AuditLog } from "../domain/accounts.ts";
import type { Tasks } from "./bounded.ts";
import type { Turnstile } from "./turnstile.ts";
import type { Traces } from "./traces.ts";

export interface HttpDeps {
  readonly supervisor: Tasks;
  readonly access: Access;
  readonly accounts: Accounts;
  readonly audit: AuditLog;
  /** Who it is by where he comes from, before he is asked; `null` if that tells nothing. */
  readonly peer?: (request: Request) => Caller | null;
  /** What whoever looks after the service should know of its safety, in sentences. */
  readonly warnings: readonly string[];
  readonly companions: Companions;
  readonly output: OutputReader;
  readonly captured: OutputArchive;
  readonly keeper: Pick<OutputKeeper, "clear">;
  readonly archive: RunArchive;
  readonly facts: FactArchive;
  /** Why the store cannot be written at the moment, or `null`. */
  readonly storeTrouble: () => string | null;
  /** Why output is being lost at the moment, or `null`. */
  readonly outputTrouble: () => string | null;
  /** `null` where nobody is to be told. */
  readonly notifications: Notifications | null;
  /** `null` where nothing is counted. */
  readonly metrics: MetricsDesk | null;
  /** `null` where nothing is traced. */
  readonly traces: Traces | null;
  /** Why the service is not ready, in one word, or `null`. */
  readonly notReady: () => string | null;
  readonly clock: Clock;
  readonly subscribe: (subscriber: (fact: Fact) => void) => Cancel;
  readonly log: (level: LogLevel, text: string) => void;
  readonly config: Pick<
    Config,
    "ip" | "ips" | "port" | "web" | "tls" | "allowedHosts" | "corsOrigins" | "metricsOpen"
  >;
  readonly turnstile: Turnstile;
  readonly version: string;
  /** The folder of the bundled page; `null` serves none. */
  readonly pageDir: string | null;
}
