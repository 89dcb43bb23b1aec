/** Clients that send slowly, half or nonsense, or nothing at all: supervision and other clients go on. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "bun";
import { whenDone } from "../helpers/cleanup.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(120_000);

const IDLE = 2000;
const OF_EACH_KIND = 100;
const ASKED = 400;
const MOST_P99_MS = 50;

const BROKEN: readonly (readonly [string, string | Uint8Array])[] = [
  ["half a head", "GET /api/v1/tasks HTTP/1.1\r\nHost: local"],
  ["half a body", "POST /proc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{"],
  ["half a chunk", "POST /proc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"],
  ["no HTTP", crypto.getRandomValues(new Uint8Array(4096))],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["a head without end", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(15_000)}`],
];

interface Client {
  readonly socket: Socket;
  isClosed: boolean;
}

async function come(service: Service, bytes: string | Uint8Array): Promise<Client> {
  const client = { isClosed: false } as { socket: Socket; isClosed: boolean };
  const gone = () => {
    client.isClosed = true;
  };
  client.socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: service.port,
    socket: { data: () => undefined, close: gone, error: gone },
  });
  client.socket.write(bytes);
  return client;
}

/** How long an answer takes, in ms, of a hundred the ninety-ninth. */
async function p99(service: Service): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < ASKED; at++) {
    const begin = performance.now();
    const answer = await fetch(`${service.url}/api/v1/tasks`);
    await answer.text();
    expect(answer.status).toBe(200);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(ASKED * 0.99)] ?? Number.NaN;
}

describe("beside 2,000 idle connections and broken ones of each kind", () => {
  test("tasks are started and watched, and answers come", async () => {
    const service = await startService({ config: "[limits]\nsend_timeout_s = 4" });
    const { post, task } = legacyClient(service.url);
    await post({ name: "daemon", cmd: "sleep 1000", type: "daemon", interval: 1 });
    const alone = await p99(service);
    const clients: Client[] = [];
    whenDone(() => {
      for (const { socket } of clients) socket.terminate();
    });
    for (let at = 0; at < IDLE; at += 100)
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => come(service, "")))));
    for (const [, bytes] of BROKEN)
      clients.push(...(await Promise.all(Array.from({ length: OF_EACH_KIND }, () => come(service, bytes)))));
    // one that goes on sending, byte for byte, for as long as it is let
    const slow = await come(service, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const dripping = setInterval(() => void slow.socket.write("x"), 100);
    whenDone(() => clearInterval(dripping));

    const beside = await p99(service);
    // a machine that is busy with other things shows in both
    expect(beside).toBeLessThan(Math.max(MOST_P99_MS, 4 * alone));
    const [before] = service.descendants();
    process.kill(before ?? 0, "SIGKILL");
    await until(() => service.descendants().some((pid) => pid !== before), "the daemon runs again");
    await post({ name: "once", cmd: "true", type: "once" });
    await until(async () => (await task("once")).last_time > 0, "it has run");
    await until(() => slow.isClosed, "whoever is slow is cut off", 60_000);
    await until(() => clients.every(({ isClosed }) => isClosed), "and so are all the others", 60_000);
    expect(service.log()).not.toContain("[ERROR]");
  });

  test("streams that nobody reads cost nothing to who does", async () => {
    const service = await startService();
    const { post } = legacyClient(service.url);
    const alone = await p99(service);
    await post({ name: "loud", cmd: "yes | head -c 50000000; exec sleep 1000", type: "once" });
    const readers = await Promise.all(
      Array.from({ length: 50 }, () =>
        come(service, "GET /api/v1/tasks/loud/output/stream?tail=100000 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      ),
    );
    for (const { socket } of readers) socket.pause();
    whenDone(() => {
      for (const { socket } of readers) socket.terminate();
    });
    expect(await p99(service)).toBeLessThan(Math.max(4 * MOST_P99_MS, 8 * alone));
  });
});

test("what is open is bounded, and who leaves makes room", async () => {
  const service = await startService({ config: "[limits]\nstreams = 2" });
  const open = () => fetch(`${service.url}/api/v1/events`);
  const [first, second] = [await open(), await open()];
  const third = await open();
  expect([third.status, third.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(third.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await third.json()).toMatchObject({
    code: "too_many",
    detail: "The service has too many streams open",
  });
  expect((await fetch(`${service.url}/proc`)).status).toBe(200);
  await first.body?.cancel();
  await until(async () => {
    const again = await open();
    await again.body?.cancel();
    return again.status === 200;
  }, "there is room again");
  await second.body?.cancel();
});
