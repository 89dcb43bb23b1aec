import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { outputOf } from "../helpers/segments.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const captured = ({ logDir }: Service, alias: string): Buffer => outputOf(logDir, alias);

test("20 MB of random bytes come through as they were, stdout and stderr", async () => {
  const service = await startService();
  const { post, output } = legacyClient(service.url);
  const bytes = randomBytes(20_000_000);
  const file = join(service.folder, "random");
  writeFileSync(file, bytes);
  await post({ name: "out", cmd: `cat ${file}`, type: "once" });
  await post({ name: "err", cmd: `cat ${file} >&2`, type: "once" });
  for (const name of ["out", "err"]) {
    await until(() => captured(service, `${name}:0`).length === bytes.length, `all of ${name} is there`);
    expect(sha256(captured(service, `${name}:0`))).toBe(sha256(bytes));
    const answered = (await output(name, `&bytes=${64 << 20}`))[`${name}:0`];
    expect(answered === undefined ? null : sha256(answered)).toBe(sha256(bytes));
  }
  const newest = (await output("out"))["out:0"];
  expect(newest?.equals(bytes.subarray(-(1 << 20)))).toBe(true);
});

test("two streams at once lose nothing", async () => {
  const service = await startService();
  const cmd = "(seq -f 'err%07.0f' 200000 >&2) & seq -f 'out%07.0f' 200000; wait";
  await legacyClient(service.url).post({ name: "both", cmd, type: "once" });
  const size = 2 * 200_000 * 11;
  await until(() => captured(service, "both:0").length === size, "all is there");
  // Which bytes of the other stream come between is not said: the letters are counted.
  const bytes = captured(service, "both:0");
  const count = (letter: string) =>
    bytes.reduce((sum, byte) => sum + (byte === letter.charCodeAt(0) ? 1 : 0), 0);
  expect([count("o"), count("e"), count("\n")]).toEqual([200_000, 200_000, 400_000]);
});

test("a grandchild that keeps the streams open holds nothing up, and is heard on", async () => {
  const service = await startService();
  const { post, task, put } = legacyClient(service.url);
  const gate = makeGate(service.folder);
  await post({ name: "leader", cmd: `(${gate.wait}; echo late) & echo early`, type: "once" });
  await post({ name: "next", cmd: "true", type: "once", deps: ["leader"] });
  await until(async () => (await task("next")).last_time > 0, "the run has ended, and the next has run");
  expect((await task("leader")).running).toBe(0);
  await until(() => captured(service, "leader:0").toString() === "early\n", "the leader is heard");
  gate.pass(1);
  await until(() => captured(service, "leader:0").toString() === "early\nlate\n", "the grandchild is heard");
  expect((await put("leader")).status).toBe(200);
});

test("a daemon whose grandchild keeps the streams open is started again", async () => {
  const service = await startService();
  const runs = () => captured(service, "daemon:0").toString().length;
  await legacyClient(service.url).post({
    name: "daemon",
    cmd: "sleep 600 & echo",
    type: "daemon",
    interval: 1,
  });
  await until(() => runs() >= 3, "it has run three times");
});

test("what a process has written before the service stops is in the file", async () => {
  const service = await startService();
  const ready = join(service.folder, "ready");
  const cmd = `trap 'seq 100000; exit 0' TERM; echo > ${ready}; while :; do sleep 0.01; done`;
  await legacyClient(service.url).post({ name: "last", cmd, type: "once" });
  await until(() => Bun.file(ready).size > 0, "it is ready");
  expect(await service.stop()).toBe(0);
  expect(captured(service, "last:0").toString()).toEndWith("\n99999\n100000\n");
});

test("10 MB without a line's end, NULs and escapes are kept as they are", async () => {
  const service = await startService();
  const cmd = String.raw`head -c 10000000 /dev/zero; printf '\033]0;x\007\377'`;
  await legacyClient(service.url).post({ name: "raw", cmd, type: "once" });
  await until(() => captured(service, "raw:0").length === 10_000_007, "all is there");
  expect(captured(service, "raw:0").subarray(-7)).toEqual(Buffer.from([27, 93, 48, 59, 120, 7, 255]));
});

test("a process that reads its input finds its end", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "input", cmd: "cat; echo end", type: "once" });
  await until(() => captured(service, "input:0").toString() === "end\n", "it has gone on");
});

test("of the service's own variables a process gets none", async () => {
  const service = await startService({
    env: { MEPROC_LOG_LEVEL: "debug", BUN_OPTIONS: "--smol", SEEN: "yes" },
  });
  await legacyClient(service.url).post({
    name: "environment",
    cmd: "env; echo end",
    type: "once",
    replica: 2,
  });
  const text = () => captured(service, "environment:1").toString();
  await until(() => text().endsWith("end\n"), "it has spoken");
  const names = text().split("\n");
  expect(names).toContain("SEEN=yes");
  expect(names).toContain("MEPROC_TASK=environment");
  expect(names).toContain("MEPROC_INDEX=1");
  expect(text()).not.toContain("MEPROC_LOG_LEVEL");
  expect(text()).not.toContain("BUN_");
});
