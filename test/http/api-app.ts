/** The HTTP surface over a supervisor with fake processes, a store in memory and a clock that the test moves. */
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../src/domain/config.ts";
import { makeTurnstile } from "../../src/http/turnstile.ts";
import { createApp } from "../../src/http/app.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";
import type { Fact, FactBody } from "../../src/domain/fact.ts";
import { AccountBook } from "../../src/auth/account-book.ts";
import { openAccess } from "../fakes/access.ts";
import { FakeClock } from "../fakes/clock.ts";
import { ObedientEngine } from "../fakes/obedient-engine.ts";
import { FakeOutput } from "../fakes/output.ts";
import { fakeSupervisor } from "../fakes/supervisor.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

export async function serveApi() {
  const clock = new FakeClock();
  const engine = new ObedientEngine();
  const ignore = () => undefined;
  const store = new SqliteStore({
    database: openDatabase(join(temporaryFolder(), "meproc.db")),
    onTrouble: ignore,
    onRecovery: ignore,
    onRefusal: ignore,
  });
  whenDone(() => store.close());
  const world = fakeSupervisor({ clock, engine, store });
  const { supervisor } = world;
  const output = new FakeOutput();
  const readers = new Set<(fact: Fact) => void>();
  let lastId = 0;
  /** Stores a fact and tells it, as the service does. */
  const tell = (body: FactBody): void => {
    const fact: Fact = { ...body, id: ++lastId, time: new Date(clock.now().wall).toISOString() };
    store.addFact(fact);
    for (const reader of readers) reader(fact);
  };
  const log: string[] = [];
  const app = await createApp({
    ...openAccess,
    accounts: new AccountBook({
      store: store.accounts,
      // as slow as it should be it would take all the time of a test that asks at random
      passwords: { hash: async () => "hashed" },
      wall: () => clock.now().wall,
    }),
    audit: store,
    supervisor,
    companions: { list: () => [] },
    output,
    captured: output,
    keeper: output,
    archive: store,
    facts: store,
    storeTrouble: () => null,
    outputTrouble: () => null,
    clock,
    subscribe: (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
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
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}/api/v1${path}`, init);
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    ask(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { ...world, url, ask, send, tell, readers, log, store, output };
}
