/** Captured output over /api/v1, on the executable with real processes. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { afterCrash, crash, inState, nextService } from "../faults/after-a-kill.ts";
import { apiClient } from "../helpers/api-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { eventsOf, outputClient, textOf } from "../helpers/output-client.ts";
import { sizesIn } from "../helpers/segments.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
const MIB = 2 ** 20;

async function define(service: Service, task: Record<string, unknown>): Promise<void> {
  const response = await apiClient(service.url).post("/tasks", task);
  if (response.status !== 201) throw new Error(await response.text());
}

const texts = (lines: readonly { text: string }[]) => lines.map(({ text }) => text);

describe("reading", () => {
  test("selects by stream, run, replica, expression and number", async () => {
    const service = await startService();
    const { lines, text } = outputClient(service.url);
    const cmd = "echo out $MEPROC_INDEX; echo ERR $MEPROC_INDEX >&2";
    await define(service, { name: "talk", cmd, type: "once", replica: 2 });
    for (const index of [0, 1]) await inState(service, "talk", "exited", index);
    const all = await until(async () => {
      const found = await lines("tasks/talk/output");
      return found.length === 4 && found;
    }, "all is there");
    expect(texts(all).sort()).toEqual(["ERR 0", "ERR 1", "out 0", "out 1"]);
    for (const line of all) {
      expect(line.stream).toBe(line.text.startsWith("out") ? "stdout" : "stderr");
      expect(line.text).toEndWith(String(line.replica));
      expect(Math.abs(Date.parse(line.time ?? "") - Date.now())).toBeLessThan(60_000);
    }
    const ask = async (query: string) => texts(await lines(`tasks/talk/output?${query}`)).sort();
    expect(await ask("stream=stderr")).toEqual(["ERR 0", "ERR 1"]);
    expect(await ask("replica=1&tail=10")).toEqual(["ERR 1", "out 1"]);
    expect(await ask("grep=%5Eerr&ignore_case=1")).toEqual(["ERR 0", "ERR 1"]);
    expect(await ask("grep=%5Eerr")).toEqual([]);
    expect(await ask(`run=${all[0]?.run}`)).toHaveLength(2);
    expect(await ask("tail=3")).toHaveLength(3);
    expect(await ask("limit=1")).toHaveLength(1);
    expect([await ask("until=1d"), (await ask("since=1h")).length]).toEqual([[], 4]);
    expect(await text("tasks/talk/output?replica=0&stream=stdout")).toBe("out 0\n");
  });

  test("finds the output of a run when its task is no more", async () => {
    const service = await startService();
    const { text } = outputClient(service.url);
    await define(service, { name: "gone", cmd: "echo kept", type: "once" });
    const { run } = await inState(service, "gone", "exited");
    await fetch(`${service.url}/api/v1/tasks/gone`, { method: "DELETE" });
    expect(await text(`runs/${run}/output`)).toBe("kept\n");
  });
});

describe("following", () => {
  test("hears lines as they come, of a page's stream and of plain text", async () => {
    const service = await startService();
    const gate = makeGate(service.folder);
    const { follow } = outputClient(service.url);
    await define(service, {
      name: "slow",
      cmd: `echo one; while ${gate.wait}; do echo more; done`,
      type: "once",
    });
    const plain = follow("tasks/slow/output?follow=1");
    const events = follow("tasks/slow/output/stream?tail=1");
    await until(() => plain.text === "one\n", "the first line has come");
    await until(() => textOf(eventsOf(events.text)) === "one\n", "as an event too");
    gate.pass(2);
    await until(() => plain.text === "one\nmore\nmore\n", "the others have come");
    await until(() => textOf(eventsOf(events.text)) === "one\nmore\nmore\n", "as events too");
  });

  test("goes on over a kill of the service where it was: no line is missing, none comes twice", async () => {
    const service = await startService();
    const cmd = "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.002; done";
    await define(service, { name: "count", cmd, type: "daemon" });
    const before = outputClient(service.url).follow("tasks/count/output/stream?after=2020-01-01:0");
    await until(() => eventsOf(before.text).length > 20, "some events have come");
    const next = await afterCrash(service);
    await until(() => before.ended, "the stream has ended");
    const first = eventsOf(before.text);
    const after = outputClient(next.url).follow("tasks/count/output/stream", {
      "last-event-id": first.at(-1)?.id ?? "",
    });
    await until(() => eventsOf(after.text).length > 20, "it goes on");
    const all = textOf([...first, ...eventsOf(after.text)])
      .split("\n")
      .slice(0, -1);
    expect(all).toEqual(all.map((_, i) => `line ${i + 1}`));
    expect(all.length).toBeGreaterThan(40);
  });

  test("resumes over kills, rotation and compression, several replicas at once", async () => {
    const service = await startService();
    const cmd = "n=0; while :; do n=$((n+1)); echo $MEPROC_INDEX line $n; sleep 0.001; done";
    const log = { max_bytes: 4096, max_files: 0, total_bytes: 0 };
    await define(service, { name: "count", cmd, type: "daemon", replica: 3, log });
    const beginning = "2020-01-01:0,2020-01-01:0,2020-01-01:0";
    const path = `tasks/count/output/stream?after=${beginning}`;
    const parts: string[] = [];
    let last: string | null = null;
    let current = service;
    for (let round = 0; round < 4; round++) {
      if (round > 0) current = await nextService(current);
      const got = outputClient(current.url).follow(path, last === null ? {} : { "last-event-id": last });
      await until(() => textOf(eventsOf(got.text)).split("\n").length > 2000, "some events have come");
      if (round === 3) got.leave();
      else await crash(current);
      await until(() => got.ended, "the stream has ended");
      const events = eventsOf(got.text);
      expect(events.filter(({ event }) => event === "gap")).toEqual([]);
      last = events.at(-1)?.id ?? null;
      for (const { event, data } of events) if (event === "output") parts.push(data);
    }
    for (const index of [0, 1, 2]) {
      const mine = parts.filter((data) => (JSON.parse(data) as { replica: number }).replica === index);
      const lines = textOf(mine.map((data) => ({ id: null, event: "output", data })))
        .split("\n")
        .slice(0, -1);
      expect(lines).toEqual(lines.map((_, i) => `${index} line ${i + 1}`));
      expect(lines.length).toBeGreaterThan(1500);
    }
    expect(
      readdirSync(current.logDir).filter((name) => /^count:0-.*\.\d+\.log/.test(name)).length,
    ).toBeGreaterThan(3);
  });
});

describe("files", () => {
  const listed = async (service: Service, task: string) => {
    const response = await fetch(`${service.url}/api/v1/tasks/${task}/output/files`);
    return (
      (await response.json()) as {
        items: { name: string; size_bytes: number; compressed: boolean; open: boolean }[];
      }
    ).items;
  };

  test("stay below what the task asks for, are listed, and come as they are", async () => {
    const service = await startService();
    const log = { max_bytes: 100_000, max_files: 3, compress: false };
    await define(service, { name: "flood", cmd: "seq -f 'line %07.0f' 100000", type: "once", log });
    await inState(service, "flood", "exited");
    const { text } = outputClient(service.url);
    await until(
      async () => (await text("tasks/flood/output?tail=1")) === "line 0100000\n",
      "all is captured",
    );
    const files = await listed(service, "flood");
    expect(files.length).toBeLessThanOrEqual(3);
    const names = readdirSync(service.logDir).filter((name) => /^flood:0-.*\.log$/.test(name));
    expect(files.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const { name, size_bytes } of files) {
      expect(size_bytes).toBeLessThanOrEqual(100_000);
      expect(size_bytes).toBe(statSync(join(service.logDir, name)).size);
      const response = await fetch(`${service.url}/api/v1/tasks/flood/output/files/${name}`);
      expect(Buffer.from(await response.arrayBuffer()).equals(readFileSync(join(service.logDir, name)))).toBe(
        true,
      );
    }
  });

  test("never hold more than the task may keep and one write, looked at all along while 200 MB come", async () => {
    const service = await startService();
    const log = { max_bytes: MIB, total_bytes: 4 * MIB, compress: true };
    const cmd = "yes 'all work and no play' | head -c 200000000; echo; echo end";
    await define(service, { name: "flood", cmd, type: "once", log });
    let [most, largest, looks, state] = [0, 0, 0, ""];
    while (state !== "exited") {
      const { sizes, total } = sizesIn(service.logDir, (file) => file.startsWith("flood:0-"));
      largest = Math.max(largest, ...sizes);
      most = Math.max(most, total);
      if (looks++ % 20 === 0) ({ state } = await apiClient(service.url).instance("flood"));
    }
    const { text } = outputClient(service.url);
    await until(async () => (await text("tasks/flood/output?tail=1")) === "end\n", "all is captured");
    expect(largest).toBeLessThanOrEqual(MIB);
    expect(most).toBeLessThanOrEqual(5 * MIB);
    expect(looks).toBeGreaterThan(50);
  });

  test("are removed, and the process goes on in a new one", async () => {
    const service = await startService();
    const gate = makeGate(service.folder);
    const { text } = outputClient(service.url);
    await define(service, {
      name: "go",
      cmd: `echo old; ${gate.wait}; echo new; exec sleep 1234`,
      type: "daemon",
    });
    await until(async () => (await text("tasks/go/output")) === "old\n", "it has spoken");
    const { pid } = await apiClient(service.url).instance("go");
    const cleared = await fetch(`${service.url}/api/v1/tasks/go/output`, { method: "DELETE" });
    expect([cleared.status, await text("tasks/go/output")]).toEqual([204, ""]);
    gate.pass(1);
    await until(async () => (await text("tasks/go/output")) === "new\n", "it goes on");
    expect((await apiClient(service.url).instance("go")).pid).toBe(pid);
  });
});

describe("other ways out", () => {
  test("the service's own stdout has the lines of tasks that ask, with their alias", async () => {
    const service = await startService();
    await define(service, { name: "quiet", cmd: "echo not this", type: "once" });
    const cmd = "echo to you; echo and you >&2; printf unfinished";
    await define(service, { name: "loud", cmd, type: "once", log: { stdout: true } });
    const lines = ["loud:0 | to you\n", "loud:0 | and you\n"];
    await until(() => lines.every((line) => service.terminal().includes(line)), "they are there");
    expect(await service.stop()).toBe(0);
    expect(service.terminal()).toContain("loud:0 | unfinished\n");
    expect(service.terminal()).not.toContain("not this");
  });

  test("what the configuration says holds for every task that does not say otherwise", async () => {
    const config = '[log]\nstdout = true\nstderr = "separate"\n';
    const service = await startService({ config });
    await define(service, { name: "plain", cmd: "echo a; echo b >&2", type: "once" });
    await define(service, { name: "own", cmd: "echo c", type: "once", log: { stdout: false } });
    await inState(service, "own", "exited");
    await until(() => /plain:0 \| a\n/.test(service.terminal()), "the line is there");
    await until(() => /plain:0 \| b\n/.test(service.terminal()), "that of stderr too");
    expect(service.terminal()).not.toContain("own:0 |");
    expect(readdirSync(service.logDir).filter((name) => /^plain:0\.err-.*\.log$/.test(name))).toHaveLength(1);
  });

  test.skipIf(process.platform !== "linux" || existsSync("/dev/log"))(
    "a system without a log is told of once",
    async () => {
      const service = await startService();
      await define(service, { name: "sys", cmd: "seq 100", type: "once", log: { syslog: true } });
      const told = () =>
        service.log().split("Lines do not reach the log of the system: it does not exist").length - 1;
      await until(() => told() > 0, "it is told");
      await inState(service, "sys", "exited");
      expect(await service.stop()).toBe(0);
      expect(told()).toBe(1);
    },
  );
});
