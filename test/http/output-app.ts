/** The HTTP surface over a fake supervisor and fake output, on a port of its own. */
import { DEFAULT_LIMITS } from "../../src/domain/config.ts";
import { createApp } from "../../src/http/app.ts";
import { makeTurnstile } from "../../src/http/turnstile.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { openAccess } from "../fakes/access.ts";
import { FakeOutput } from "../fakes/output.ts";
import { fakeSupervisor } from "../fakes/supervisor.ts";

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
export const RUN = {
  run: "r1",
  task: "gone",
  index: 2,
  alias: "gone:2",
  trigger: "api",
  scheduledFor: null,
  startedAt: NOW,
  process: null,
  end: null,
} as const;

/** With the tasks `web` (two replicas) and `one`. */
export async function serveOutput() {
  const { supervisor, clock } = fakeSupervisor();
  const output = new FakeOutput();
  const log: string[] = [];
  const app = await createApp({
    ...openAccess,
    supervisor,
    companions: { list: () => [] },
    output,
    captured: output,
    keeper: output,
    archive: {
      run: (id) => (id === RUN.run ? RUN : null),
      runs: () => ({ items: [RUN], nextCursor: null }),
    },
    facts: { facts: () => [] },
    storeTrouble: () => null,
    outputTrouble: () => "web:0: no space left on device",
    clock,
    subscribe: () => () => undefined,
    log: (_level, text) => log.push(text),
    config: {
      ip: "127.0.0.1",
      ips: ["127.0.0.1"],
      port: 0,
      web: { ip: null, port: null },
      tls: null,
      allowedHosts: [],
      corsOrigins: [],
      metricsOpen: false,
    },
    turnstile: makeTurnstile(DEFAULT_LIMITS),
    version: "2.0.0",
    notifications: null,
    metrics: null,
    traces: null,
    notReady: () => null,
    pageDir: null,
  });
  app.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${app.server?.port}`;
  whenDone(() => app.server?.stop(true));
  void supervisor.define({ name: "web", cmd: "true", type: "daemon", replica: 2 });
  void supervisor.define({ name: "one", cmd: "true", type: "daemon", log: { max_bytes: 5000 } });
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}/api/v1${path}`, init);
  const json = (path: string) => ask(path, { headers: { accept: "application/x-ndjson" } });
  return { url, output, ask, json, log };
}
