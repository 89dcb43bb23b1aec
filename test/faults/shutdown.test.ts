/** Fault 28: the service is told to stop while everything is starting. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isRoot } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { linesWith } from "../helpers/log-lines.ts";
import { inState, nextService } from "./after-a-kill.ts";

setDefaultTimeout(60_000);
const COUNT = 100;

/** A hundred tasks of all kinds; each that may leaves a child in a session of its own. */
const config = Array.from({ length: COUNT }, (_, n) => {
  const user = isRoot && n % 5 === 0 ? 'user = "nobody"\n' : "";
  const deps = n % 7 === 0 && n > 0 ? `deps = ["t${n - 1}"]\n` : "";
  const type = n % 2 === 0 ? "daemon" : "once";
  return `[[tasks]]\nname = "t${n}"\ncmd = "setsid sleep 600 & sleep 600"\ntype = "${type}"\n${user}${deps}`;
}).join("\n");

test.each([[0], [1], [10], [50]])(
  "SIGTERM when %i of a hundred tasks have started leaves nothing, and the exit code is 0",
  async (started) => {
    const service = await startService({ config });
    await until(() => linesWith(service.log(), / start$/).length >= started, "so many have started");
    service.signal("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(service.descendants()).toEqual([]);
    expect(service.terminal()).not.toContain("Unexpected");
    // what was wanted is wanted still
    const next = await nextService(service, { config });
    await until(
      async () => (await legacyClient(next.url).list()).tasks["t99"] !== undefined,
      "all are there",
    );
    await inState(next, "t96", "running");
    expect(await next.stop()).toBe(0);
    expect(next.descendants()).toEqual([]);
  },
);
