import { describe, expect, test } from "bun:test";
import { until } from "../helpers/until.ts";
import { type Contract, LONG } from "./contract.ts";

export function outputRows(contract: Contract): void {
  describe("output", () => {
    const { unique } = contract;
    const once = (name: string, cmd: string, replica = 1) =>
      contract.client.post({ name, cmd, type: "once", replica });
    const text = async (name: string, index = 0, query = "") =>
      String((await contract.client.output(name, query))[`${name}:${index}`]);

    test("is keyed by alias, in base64, and empty where there is none", async () => {
      const name = unique("quiet");
      await once(name, LONG, 2);
      const { status, body } = await contract.client.call(`/proc/output?name=${name}`);
      expect({ status, ...body } as unknown).toEqual({
        status: 200,
        code: 200,
        msg: "OK",
        data: { [`${name}:0`]: "", [`${name}:1`]: "" },
      });
    });

    test("is there while the process runs and after it has ended", async () => {
      const name = unique("hi");
      await once(name, `echo hi; ${LONG}`);
      await until(async () => (await text(name)) === "hi\n", "hi has come");
      const { body } = await contract.client.call<object>(`/proc/output?name=${name}`);
      expect(body.data).toEqual({ [`${name}:0`]: "aGkK" });
      const ended = unique("bye");
      await once(ended, "printf bye");
      await until(async () => (await text(ended)) === "bye", "bye has come");
    });

    test("holds stdout and stderr both", async () => {
      const name = unique("both");
      await once(name, "echo out; echo err >&2");
      await until(async () => (await text(name)).length === 8, "both have come");
      expect((await text(name)).split("\n").sort()).toEqual(["", "err", "out"]);
    });

    test("holds bytes that are no text as they were written", async () => {
      const name = unique("bytes");
      await once(name, String.raw`printf '\000\377\376\033[31m\r\n\200'`);
      const bytes = Buffer.from([0, 255, 254, 27, 91, 51, 49, 109, 13, 10, 128]);
      await until(
        async () => (await contract.client.output(name))[`${name}:0`]?.equals(bytes),
        "the bytes have come",
      );
    });

    test("of several replicas is kept apart", async () => {
      const name = unique("apart");
      await once(name, 'echo "$$"; exec sleep 600', 2);
      await until(async () => (await text(name, 1)) !== "" && (await text(name)) !== "", "both have spoken");
      const pids = (await contract.client.running(name)).map(({ pid }) => `${pid}\n`);
      expect([await text(name, 0), await text(name, 1)]).toEqual(pids);
    });

    test("is the newest of today's, as much as is asked for", async () => {
      const name = unique("newest");
      await once(name, "printf 0123456789");
      await until(async () => (await text(name)) === "0123456789", "it has come");
      expect(await text(name, 0, "&bytes=4")).toBe("6789");
      expect(await text(name, 0, "&bytes=67108864")).toBe("0123456789");
    });

    test("is 1 MiB unless more is asked for", async () => {
      const name = unique("much");
      await once(name, "head -c 1500000 /dev/zero | tr '\\0' x; printf end");
      const size = 1_500_003;
      await until(async () => (await text(name, 0, "&bytes=2000000")).length === size, "all has come");
      const newest = await text(name);
      expect(newest).toHaveLength(1 << 20);
      expect(newest).toEndWith("xend");
    });

    test.each([["0"], ["-1"], ["x"], ["67108865"], ["1.5"], [""]])("bytes=%s is refused", async (bytes) => {
      const name = unique("wanted");
      await once(name, "true");
      const { status, body } = await contract.client.call(`/proc/output?name=${name}&bytes=${bytes}`);
      expect({ status, code: body.code }).toEqual({ status: 400, code: 400 });
    });

    test("goes on over a restart", async () => {
      const name = unique("again");
      await once(name, "echo run");
      await until(async () => (await text(name)) === "run\n", "it has run");
      await contract.client.put(name);
      await until(async () => (await text(name)) === "run\nrun\n", "it has run again");
    });
  });
}
