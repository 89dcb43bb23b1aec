/** The protocol of systemd's notify and watchdog, with the test in systemd's place. */
import { describe, expect, test } from "bun:test";
import { closeSync, readSync } from "node:fs";
import { join } from "node:path";
import { cString, openLibc } from "../../src/platform/libc.ts";
import { codeOf } from "../../src/platform/system-errors.ts";
import { watchdogMs } from "../../src/systemd.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;

/** What has been told to a socket of datagrams, each as its lines. */
function listenTo(path: string): () => string[][] {
  const libc = openLibc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  });
  const fd = libc.socket(1, SOCK_DGRAM_NONBLOCK, 0);
  const name = path.startsWith("@") ? Buffer.from(`\0${path.slice(1)}`) : cString(path);
  const address = Buffer.concat([new Uint8Array([1, 0]), name]);
  expect(libc.bind(fd, address, address.length)).toBe(0);
  whenDone(() => closeSync(fd));
  const told: string[][] = [];
  const buffer = Buffer.alloc(4096);
  return () => {
    try {
      for (;;) told.push(buffer.toString("utf8", 0, readSync(fd, buffer)).split("\n"));
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      return told;
    }
  };
}

describe.skipIf(process.platform !== "linux")("systemd is told", () => {
  test.each(["a file", "a name without a file"])(
    "when the service is ready and when it stops, by %s",
    async (kind) => {
      const folder = temporaryFolder();
      const path = kind === "a file" ? join(folder, "notify") : `@${folder}`;
      const told = listenTo(path);
      const service = await startService({ folder, env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "20000" } });
      await until(() => told().filter(([line]) => line === "WATCHDOG=1").length >= 3, "the watchdog is fed");
      expect(told()[0]).toEqual([
        "READY=1",
        `MAINPID=${service.pid}`,
        `STATUS=Listening on 127.0.0.1:${service.port}`,
      ]);
      expect(await (await fetch(`${service.url}/readyz`)).json()).toEqual({ status: "ready" });
      await service.stop();
      expect(told().some(([line]) => line === "STOPPING=1")).toBe(true);
    },
  );

  test("nothing of a watchdog that is another process's", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "notify");
    const told = listenTo(path);
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" };
    const service = await startService({ folder, env });
    await service.stop();
    expect(told().map(([line]) => line)).toEqual(["READY=1", "STOPPING=1"]);
  });
});

test.each([
  [{}, null],
  [{ WATCHDOG_USEC: "30000000" }, 15_000],
  [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 15_000],
  [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, null],
  [{ WATCHDOG_USEC: "0" }, null],
  [{ WATCHDOG_USEC: "soon" }, null],
])("a watchdog of %p is fed every %p ms", (variables, ms) => {
  expect(watchdogMs(variables, 7)).toBe(ms);
});
