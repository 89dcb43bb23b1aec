/** The HTTP surface over a fake supervisor, with real accounts in a database of its own, and callers of every kind. */
import { AccountBook } from "../../src/auth/account-book.ts";
import { Doorkeeper } from "../../src/auth/doorkeeper.ts";
import { FirstToken } from "../../src/auth/first-token.ts";
import { Passwords } from "../../src/auth/passwords.ts";
import { isAuthRequired } from "../../src/auth/policy.ts";
import type { AuthMode } from "../../src/domain/config.ts";
import type { Fact } from "../../src/domain/fact.ts";
import type { Clock, RunHandle, RunListener, RunRequest } from "../../src/domain/ports.ts";
import { DEFAULT_LIMITS } from "../../src/domain/config.ts";
import { makeTurnstile } from "../../src/http/turnstile.ts";
import { createApp } from "../../src/http/app.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";
import { FakeEngine } from "../fakes/engine.ts";
import { FakeOutput } from "../fakes/output.ts";
import { fakeSupervisor } from "../fakes/supervisor.ts";
import { join } from "node:path";

export const TASKS = ["web-1", "web-2", "db"] as const;
export const PASSWORD = "correct horse battery";
export const HOUR_MS = 3_600_000;

export interface AccessAppOptions {
  readonly folder: string;
  readonly auth?: AuthMode;
  readonly ip?: string;
  /** Who fails too often waits by this clock; nobody does if it is not given. */
  readonly throttled?: boolean;
  readonly metricsOpen?: boolean;
}

/** Its processes end as soon as they are asked to. */
class ObedientEngine extends FakeEngine {
  override start(request: RunRequest, listener: RunListener): RunHandle {
    const process = super.start(request, listener);
    process.terminate = () =>
      queueMicrotask(() => this.processes.find((each) => each === process)?.die("SIGTERM"));
    return process;
  }
}

/** With the tasks `web-1`, `web-2` and `db`. To be closed by the caller. */
export async function serveAccess({ folder, auth = "auto", ip = "0.0.0.0", ...more }: AccessAppOptions) {
  const { supervisor, clock, facts: told } = fakeSupervisor({ engine: new ObedientEngine() });
  for (const name of TASKS) void supervisor.define({ name, cmd: "true", type: "daemon" });
  const fail = (reason: string) => {
    throw new Error(reason);
  };
  const store = new SqliteStore({
    database: openDatabase(join(folder, "meproc.db")),
    onTrouble: fail,
    onRecovery: () => undefined,
    onRefusal: fail,
  });
  const first = new FirstToken(folder);
  const passwords = new Passwords();
  const unhurried: Clock = {
    now: () => clock.now(),
    atWall: (wall, callback) => clock.atWall(wall, callback),
    whenSet: (callback) => clock.whenSet(callback),
    at: (_mono, callback) => {
      callback();
      return () => undefined;
    },
  };
  const log: string[] = [];
  const subscribers = new Set<(fact: Fact) => void>();
  const output = new FakeOutput();
  const runs = TASKS.map((task, i) => ({
    run: `run-${task}`,
    task,
    index: 0,
    alias: `${task}:0`,
    trigger: "api" as const,
    scheduledFor: null,
    startedAt: clock.now().wall + i,
    process: null,
    end: null,
  }));
  const facts = TASKS.map((task, i): Fact => ({
    id: i + 1,
    time: new Date(clock.now().wall).toISOString(),
    kind: "task.created",
    task,
  }));
  const accounts = new AccountBook({ store: store.accounts, passwords, wall: () => clock.now().wall });
  const app = await createApp({
    supervisor,
    access: new Doorkeeper({
      required: isAuthRequired({ auth, ips: [ip] }),
      store: store.accounts,
      first,
      passwords,
      clock: more.throttled === true ? clock : unhurried,
      sessionMs: 12 * HOUR_MS,
      onTrouble: (error) => fail(String(error)),
    }),
    accounts,
    audit: store,
    warnings: [],
    companions: { list: () => [] },
    notifications: null,
    metrics: null,
    traces: null,
    notReady: () => null,
    output,
    captured: output,
    keeper: output,
    archive: {
      run: (id) => runs.find(({ run }) => run === id) ?? null,
      runs: ({ task, limit }) => ({
        items: runs.filter((run) => task === undefined || run.task === task).slice(0, limit),
        nextCursor: null,
      }),
    },
    facts: {
      facts: ({ task, after = 0, limit }) =>
        facts
          .filter((fact) => fact.id > after && (task === undefined || ("task" in fact && fact.task === task)))
          .slice(0, limit),
    },
    storeTrouble: () => null,
    outputTrouble: () => null,
    clock,
    subscribe: (subscriber) => {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    log: (_level, text) => log.push(text),
    config: {
      ip,
      ips: [ip],
      port: 0,
      web: { ip: null, port: null },
      tls: null,
      allowedHosts: [],
      corsOrigins: [],
      metricsOpen: more.metricsOpen ?? false,
    },
    turnstile: makeTurnstile(DEFAULT_LIMITS),
    version: "2.0.0",
    pageDir: null,
  });
  app.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${app.server?.port}`;
  const ask = (method: string, path: string, init: { as?: As | undefined; body?: unknown } = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: headersOf(init.as),
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
  const close = async () => {
    await app.server?.stop(true);
    store.close();
  };
  const publish = (fact: Fact) => {
    for (const subscriber of subscribers) subscriber(fact);
  };
  return { app, url, ask, close, publish, accounts, store, first, clock, log, told, supervisor, output };
}

export type AccessApp = Awaited<ReturnType<typeof serveAccess>>;

/** How somebody says who he is. */
export type As = { readonly bearer: string } | { readonly cookie: string };

function headersOf(as: As | undefined): Record<string, string> {
  if (as === undefined) return {};
  return "bearer" in as ? { authorization: `Bearer ${as.bearer}` } : { cookie: as.cookie };
}

/** The cookie that an answer sets, as a browser sends it back. */
export function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** Somebody of each kind, as he says who he is. */
export async function everybody({ accounts, first, clock, ask }: AccessApp) {
  const token = (name: string, input: Record<string, unknown>): As => ({
    bearer: accounts.createToken({ name, ...input }, "test").secret,
  });
  const admin: As = { bearer: first.make() ?? "" };
  const login = async (body: unknown): Promise<As> => ({
    cookie: cookieOf(await ask("POST", "/api/v1/session", { body })),
  });
  const withToken = (name: string, input: Record<string, unknown>) =>
    login({ token: accounts.createToken({ name, ...input }, "test").secret });
  const withPassword = async (name: string) => {
    await accounts.addUser({ name, password: PASSWORD, role: "admin" });
    return await login({ user: name, password: PASSWORD });
  };
  const expired = token("expired", { role: "admin", expires_in_ms: 1000 });
  const revoked = token("revoked", { role: "admin" });
  accounts.revokeToken("revoked");
  const ended = await withPassword("ended");
  accounts.removeUser("ended");
  clock.advance(2000);
  return {
    unknown: {
      nobody: undefined,
      "somebody who guesses": { bearer: "0".repeat(64) },
      "somebody who says something else": { bearer: "" },
      "an expired token": expired,
      "a revoked token": revoked,
      "a removed user's session": ended,
    } satisfies Record<string, As | undefined>,
    viewer: { "a viewer's token": token("viewer", { role: "viewer" }) },
    operator: {
      "an operator's token": token("operator", { role: "operator" }),
      "an operator's session": await withToken("olga", { role: "operator" }),
    },
    bounded: {
      "a bounded operator's token": token("bounded", { role: "operator", tasks: ["web-*"] }),
      "a bounded operator's session": await withToken("otto", { role: "operator", tasks: ["web-?"] }),
    },
    admin: {
      "the first token": admin,
      "an admin's token": token("admin", { role: "admin" }),
      "an admin's session": await withPassword("anna"),
    },
  } as const;
}
