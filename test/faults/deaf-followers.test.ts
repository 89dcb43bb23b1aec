/** Fault 23: hundreds of clients that ask to follow, and then do not read. */
import { readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { codeOf } from "../../src/platform/system-errors.ts";
import { residentBytes } from "../bench/proc.ts";
import { apiClient } from "../helpers/api-client.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { eventsOf, outputClient, textOf } from "../helpers/output-client.ts";
import { segmentsOf } from "../helpers/segments.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { inState } from "./after-a-kill.ts";

setDefaultTimeout(60_000);
const CLIENTS = 500;
const LONG_MS = 40_000;
const MIB = 2 ** 20;
const RUN_BYTES = 50 * MIB;
const RUNS = 8;
/** What waits for a client, and garbage; the kernel's buffers for its socket are not among it. */
const BYTES_EACH = 768 << 10;

/** Of four kinds, by turns. */
const PATHS = [
  "tasks/flood/output/stream",
  "tasks/flood/output?follow=1",
  "tasks/flood/output/stream?tail=100",
  "events",
];

/** A client whose socket is never read from; settles when the request has been sent. */
function deaf(url: string, path: string): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    whenDone(() => void socket.destroy());
    socket.pause();
    socket.on("error", reject);
    socket.on("connect", () => {
      socket.write(`GET /api/v1/${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`, () => resolve());
    });
  });
}

/** A run of the task, as soon as all of it is captured. */
async function run(service: Service): Promise<void> {
  const before = written(service);
  const answer = await apiClient(service.url).post("/tasks/flood/start");
  if (!answer.ok) throw new Error(await answer.text());
  await until(() => written(service) === before + RUN_BYTES, "all of it is captured", LONG_MS);
  await inState(service, "flood", "exited");
}

/** By the newest index. */
function written({ logDir }: Service): number {
  const last = segmentsOf(logDir, "flood:0").at(-1);
  return last === undefined ? 0 : (last.header?.base ?? 0) + last.bytes.length;
}

test.if(process.platform === "linux")(
  "23: 500 clients that follow and do not read cost a constant, and hold up nothing",
  async () => {
    const service = await startService();
    const log = { max_bytes: MIB, total_bytes: 4 * MIB, compress: false };
    const cmd = `yes 'all work and no play makes Jack a dull boy' | head -c ${RUN_BYTES}`;
    const answer = await apiClient(service.url).post("/tasks", { name: "flood", cmd, type: "once", log });
    if (!answer.ok) throw new Error(await answer.text());
    await until(() => written(service) === RUN_BYTES, "the first is captured", LONG_MS);
    const alone = residentBytes(service.pid);
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, i) => deaf(service.url, PATHS[i % PATHS.length] ?? "")),
    );
    await until(() => connections(service) >= CLIENTS, "all of them are there");
    for (let i = 0; i < RUNS; i++) {
      await run(service);
      expect(residentBytes(service.pid) - alone).toBeLessThan(CLIENTS * BYTES_EACH);
    }
    await until(() => openLogs(service) < 50, "who does not read holds no file open");
    const reader = outputClient(service.url).follow("tasks/flood/output/stream?tail=1");
    await until(() => textOf(eventsOf(reader.text)).length > 0, "who reads is served");
  },
);

const connections = (service: Service) => descriptors(service, (what) => what.startsWith("socket:"));
const openLogs = (service: Service) => descriptors(service, (what) => what.startsWith(service.logDir));

/** How many the service holds of a kind. */
function descriptors({ pid }: Service, is: (what: string) => boolean): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => is(linkOf(join(folder, fd)))).length;
}

/** It may be closed by now. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
}
