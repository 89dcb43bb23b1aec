/** Tells systemd how the service stands, where that has asked for it (`Type=notify`, `WatchdogSec=`). Elsewhere nothing. */
import type { Variables } from "./config/load.ts";
import { DatagramSocket } from "./platform/datagram-socket.ts";

export interface ServiceManager {
  /** It answers, and has taken up what there was. From now on the watchdog is fed. */
  ready(status: string): void;
  /** It becomes another executable under the same pid, which will say when it is ready. */
  reloading(): void;
  stopping(): void;
}

const NOBODY: ServiceManager = { ready: nothing, reloading: nothing, stopping: nothing };

export function serviceManager(
  variables: Variables,
  monotonicUs: () => bigint = nanoseconds,
): ServiceManager {
  const path = variables["NOTIFY_SOCKET"];
  if (process.platform !== "linux" || path === undefined || !/^[/@]/.test(path)) return NOBODY;
  const socket = new DatagramSocket(path);
  const encoder = new TextEncoder();
  // what is not taken is not worth more: systemd goes by what it gets
  const tell = (...lines: string[]) => void socket.send(encoder.encode(lines.join("\n")));
  const interval = watchdogMs(variables, process.pid);
  return {
    ready: (status) => {
      tell("READY=1", `MAINPID=${process.pid}`, `STATUS=${status}`);
      if (interval !== null) setInterval(() => tell("WATCHDOG=1"), interval).unref();
    },
    reloading: () => tell("RELOADING=1", `MONOTONIC_USEC=${monotonicUs()}`),
    stopping: () => tell("STOPPING=1"),
  };
}

/** Half of the time after which systemd takes the service for dead; `null` if it does not watch this process. */
export function watchdogMs(variables: Variables, pid: number): number | null {
  const { WATCHDOG_USEC: us, WATCHDOG_PID: watched } = variables;
  if (us === undefined || !/^\d{1,15}$/.test(us) || Number(us) === 0) return null;
  if (watched !== undefined && watched !== "" && watched !== String(pid)) return null;
  return Math.max(1, Math.floor(Number(us) / 2000));
}

/** Of the clock that systemd means: on Linux it is CLOCK_MONOTONIC. */
function nanoseconds(): bigint {
  return process.hrtime.bigint() / 1000n;
}

function nothing(): void {
  return;
}
