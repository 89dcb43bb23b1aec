import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import type { CommandEnd, Commands, Probe } from "../../src/domain/ports.ts";
import { completeTask } from "../../src/domain/task.ts";
import { LocalProber } from "../../src/watch/prober.ts";
import { whenDone } from "../helpers/cleanup.ts";

const REQUEST = {
  run: "r",
  task: completeTask({ name: "web", cmd: "true", type: "daemon" }),
  index: 0,
  alias: "web:0",
};

function look(check: Probe, timeoutMs = 5000, signal = new AbortController().signal, end?: CommandEnd) {
  const commands: Commands = { run: () => Promise.resolve(end ?? { kind: "aborted" }) };
  return new LocalProber(commands).probe(REQUEST, check, timeoutMs, signal);
}

function serve(answer: () => Response | Promise<Response>): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  whenDone(() => server.stop(true));
  return `http://127.0.0.1:${server.port}/`;
}

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("over HTTP", () => {
  test.each([
    [200, null],
    [204, null],
    [399, null],
    [400, "HTTP status 400"],
    [503, "HTTP status 503"],
  ])("status %i says %p", async (status, said) => {
    const url = serve(() => new Response(null, { status }));
    expect(await look({ kind: "http", url })).toBe(said);
  });

  test("an answer that leads elsewhere is one, and is not followed", async () => {
    let asked = 0;
    const url = serve(() => {
      asked++;
      return new Response(null, { status: 302, headers: { location: "/elsewhere" } });
    });
    expect(await look({ kind: "http", url })).toBeNull();
    expect(asked).toBe(1);
  });

  test("a body without an end keeps nobody", async () => {
    const cancelled = Promise.withResolvers<void>();
    const body = () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
        cancel: () => cancelled.resolve(),
      });
    const url = serve(() => new Response(body()));
    expect(await look({ kind: "http", url })).toBeNull();
    await cancelled.promise;
  });

  test("no answer in time is told as such, and the connection is closed", async () => {
    const closed = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("close", () => closed.resolve());
      socket.resume();
    }).listen(0, "127.0.0.1");
    whenDone(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    expect(await look({ kind: "http", url: `http://127.0.0.1:${port}/` }, 50)).toBe("no answer within 50 ms");
    await closed.promise;
  });

  test("a port on which nobody listens is told in words", async () => {
    const url = `http://127.0.0.1:${await freePort()}/secret`;
    expect(await look({ kind: "http", url })).toBe("the connection was refused");
  });

  test("who stops waiting gets an answer at once", async () => {
    const stop = new AbortController();
    const url = serve(() => {
      stop.abort();
      return new Promise<Response>(() => undefined);
    });
    expect(await look({ kind: "http", url }, 60_000, stop.signal)).toBe("it was stopped");
  });
});

describe("over TCP", () => {
  test("a connection that is taken is healthy, and closed again", async () => {
    const closed = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      socket.on("close", () => closed.resolve());
      socket.resume();
    }).listen(0, "127.0.0.1");
    whenDone(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    expect(await look({ kind: "tcp", host: "127.0.0.1", port })).toBeNull();
    await closed.promise;
  });

  test("a refused one is told in words", async () => {
    const port = await freePort();
    expect(await look({ kind: "tcp", host: "127.0.0.1", port })).toBe("the connection was refused");
  });
});

describe("with a command", () => {
  const exec: Probe = { kind: "exec", command: "true", pid: 1 };
  const exited = (code: number): CommandEnd => ({
    kind: "exited",
    exit: { exit_code: code, exit_signal: null },
  });

  test.each([
    [exited(0), null],
    [exited(3), "exit code 3"],
    [{ kind: "timeout" } as const, "it was killed after 5000 ms"],
    [{ kind: "failed", reason: "no such program" } as const, "no such program"],
  ])("%p says %p", async (end, said) => {
    expect(await look(exec, 5000, undefined, end)).toBe(said);
  });
});
