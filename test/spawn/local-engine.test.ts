/** What is left of one run is that run's own business, and not the next one's. */
import { completeTask } from "../../src/domain/task.ts";
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputSink, RunListener, Users } from "../../src/domain/ports.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { Children } from "../../src/spawn/children.ts";
import { LocalCommands } from "../../src/spawn/commands.ts";
import { ExitWatch } from "../../src/spawn/exit-watch.ts";
import { LocalEngine } from "../../src/spawn/local-engine.ts";
import { findStrangers } from "../../src/spawn/strangers.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const output: OutputSink = {
  open: () => ({ stdout: 1, stderr: 2, spawned: () => undefined, discard: () => undefined }),
  note: () => undefined,
};
const users: Users = { resolve: () => Promise.reject(new Error("nobody is asked for")) };

/** An engine that finds what has left its process group by its environment alone. */
function makeEngine(service: string): LocalEngine {
  const children = new Children();
  const strangers = findStrangers(children);
  strangers.begin();
  whenDone(() => strangers.close());
  const thread = join(import.meta.dir, "../../src/spawn/exit-thread.ts");
  const spawning = {
    clock: systemClock,
    output,
    users,
    children,
    strangers,
    cgroups: null,
    environment: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    service,
    self: [],
  };
  return new LocalEngine({
    ...spawning,
    commands: new LocalCommands(spawning),
    exits: new ExitWatch({ clock: systemClock, thread }),
    fifoDirs: [],
    commit: () => undefined,
  });
}

function listen(): RunListener & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    spawned: () => void told.push("spawned"),
    failed: (reason) => void told.push(reason),
    exited: () => void told.push("exited"),
    gone: () => void told.push("gone"),
  };
}

describe.if(process.platform === "linux")("processes in the background", () => {
  test("keep their own run, and not a later one of the same instance", async () => {
    const folder = mkdtempSync(join(tmpdir(), "meproc-engine-"));
    whenDone(() => rmSync(folder, { recursive: true }));
    const engine = makeEngine(crypto.randomUUID());
    const start = (run: string, cmd: string) => {
      const task = completeTask({ name: "web", cmd, type: "once" });
      const listener = listen();
      return { listener, handle: engine.start({ run, task, index: 0, alias: "web:0" }, listener) };
    };
    const file = join(folder, "pid");
    const first = start("first", `setsid -f sh -c 'echo $$ >> ${file}; exec sleep 600'`);
    await until(
      () => first.listener.told.includes("exited") && linesOf(file).length === 1,
      "it has left one",
    );
    const left = Number(linesOf(file)[0]);
    const second = start("second", "true");
    await until(() => second.listener.told.includes("exited"), "the second has run");
    // setsid itself may be on its way out still: whatever ends looks again at those before it
    for (let next = 3; !second.listener.told.includes("gone") && next < 50; next++) {
      const other = start(`run ${next}`, "true");
      await until(() => other.listener.told.includes("exited"), "another has run");
    }
    expect(second.listener.told).toEqual(["spawned", "exited", "gone"]);
    expect(first.listener.told).toEqual(["spawned", "exited"]);
    expect(isAlive(left)).toBe(true);
    first.handle.terminate();
    await until(() => first.listener.told.includes("gone"), "the first is gone as well");
    expect(isAlive(left)).toBe(false);
  });
});
