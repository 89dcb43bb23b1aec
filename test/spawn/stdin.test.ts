import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { identify } from "../../src/spawn/identity.ts";
import { isRoot } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";
import { listen, makeEngine } from "./engine.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe.if(process.platform === "linux")("stdin", () => {
  test("reads an end at once unless it is asked for", async () => {
    const run = makeEngine().start({ cmd: "cat; echo end" });
    await run.gone();
    expect(run.output()).toBe("end\n");
    await expect(run.handle.write(bytes("x"))).rejects.toThrow("Its stdin is not open");
  });

  test("takes what is written, in order and as it is", async () => {
    const { start, folder } = makeEngine();
    const run = start({ cmd: ["head", "-c", "15"], stdin: "pipe" });
    await until(() => run.told.includes("spawned"), "it runs");
    await Promise.all([run.handle.write(bytes("one\n")), run.handle.write(bytes("\0two\xff\n"))]);
    await run.handle.write(bytes("three"));
    await run.gone();
    expect(run.output()).toBe("one\n\0two\xff\nthre");
    expect(readdirSync(folder).filter((name) => name.endsWith(".in"))).toEqual([]);
  });

  test("waits while the process does not read, and loses nothing", async () => {
    const { start, folder } = makeEngine();
    const run = start({
      cmd: `while [ ! -e ${folder}/go ]; do sleep 0.01; done; head -c 500000 | md5sum`,
      stdin: "pipe",
    });
    await until(() => run.told.includes("spawned"), "it runs");
    const all = new Uint8Array(500_000).fill(120);
    const written = run.handle.write(all);
    await Bun.write(join(folder, "go"), "");
    await written;
    await run.gone();
    expect(run.output()).toStartWith(new Bun.CryptoHasher("md5").update(all).digest("hex"));
  });

  test("is refused when too much waits, and told when the process ends before it has read", async () => {
    const { start } = makeEngine();
    const run = start({ cmd: "exec sleep 600", stdin: "pipe" });
    await until(() => run.told.includes("spawned"), "it runs");
    const waiting = run.handle.write(new Uint8Array(900_000));
    await expect(run.handle.write(new Uint8Array(900_000))).rejects.toThrow("the process does not read");
    run.handle.terminate();
    await expect(waiting).rejects.toThrow("The process ended before it had taken everything");
  });

  test.if(isRoot)("of another user's process may be opened anew by it", async () => {
    const { start } = makeEngine();
    const run = start({ cmd: "head -n1 /dev/stdin; id -un", stdin: "pipe", user: "nobody" });
    await until(() => run.told.includes("spawned"), "it runs");
    await run.handle.write(bytes("hello\n"));
    await run.gone();
    expect(run.output()).toBe("hello\nnobody\n");
  });

  test("goes on with the next service, and is swept once nobody reads it", async () => {
    const first = makeEngine();
    const run = first.start({ cmd: "while read -r line; do echo got $line; done", stdin: "pipe" });
    await until(() => run.told.includes("spawned"), "it runs");
    await run.handle.write(bytes("one\n"));
    const second = first.next();
    expect(second.engine.left().map((left) => left.run)).toContain(run.request.run);
    const adopted = second.engine.adopt(run.request, identify(run.pid()), listen());
    await adopted?.handle.write(bytes("two\n"));
    await until(() => run.output() === "got one\ngot two\n", "it has read both");
    const fifo = join(first.folder, `${run.request.run}.in`);
    expect(existsSync(fifo)).toBe(true);
    run.handle.kill();
    await run.gone();
    second.engine.left();
    expect(existsSync(fifo)).toBe(false);
  });
});
