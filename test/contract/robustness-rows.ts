import { describe, expect, test } from "bun:test";
import { exchange, sendAndLeave } from "../helpers/raw-http.ts";
import { type Contract, LONG, OK } from "./contract.ts";

const MIB = 1 << 20;
const NOT_HTTP: readonly (readonly [what: string, bytes: string | Uint8Array])[] = [
  ["text", "hello\r\n\r\n"],
  ["a TLS greeting", new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])],
  ["zeros", new Uint8Array(4096)],
  ["a request line that goes on", `GET /${"x".repeat(100_000)} HTTP/1.1\r\nHost: 127.1\r\n\r\n`],
  ["a header that goes on", `GET /proc HTTP/1.1\r\nHost: 127.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`],
  ["two lengths", "POST /proc HTTP/1.1\r\nHost: 127.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
  ["a length that is no number", "POST /proc HTTP/1.1\r\nHost: 127.1\r\nContent-Length: -1\r\n\r\n"],
  ["a version from the future", "GET /proc HTTP/9.9\r\nHost: 127.1\r\n\r\n"],
];

export function robustnessRows(contract: Contract): void {
  describe("methods, sizes and bytes", () => {
    const alive = async () => expect((await contract.client.call("/proc")).body).toMatchObject(OK);
    /** A definition whose JSON has exactly this many bytes. */
    const padded = (name: string, bytes: number) => {
      const text = JSON.stringify({ name, cmd: LONG, type: "once" });
      return text + " ".repeat(bytes - text.length);
    };

    test.each([["/proc"], ["/proc/output?name=nobody"]])(
      "HEAD %s has GET's status and no body",
      async (path) => {
        const [head, get] = await Promise.all([
          fetch(contract.baseUrl + path, { method: "HEAD" }),
          fetch(contract.baseUrl + path),
        ]);
        expect(head.status).toBe(get.status);
        expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
        expect(await head.text()).toBe("");
        expect(await get.text()).not.toBe("");
      },
    );

    test("OPTIONS says which methods there are", async () => {
      const response = await fetch(`${contract.baseUrl}/proc`, { method: "OPTIONS" });
      expect(response.status).toBe(204);
      const allow = (response.headers.get("allow") ?? "").split(", ");
      expect(allow.sort()).toEqual(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
    });

    test("a 405 says so too", async () => {
      const response = await fetch(`${contract.baseUrl}/proc`, { method: "PATCH" });
      expect(response.headers.get("allow")).toContain("POST");
    });

    test("a body of 1 MiB is taken, a larger one answered with 413", async () => {
      const name = contract.unique("large");
      const { status, body } = await contract.client.post(padded(name, MIB));
      expect({ status, ...body } as unknown).toEqual({ status: 200, ...OK });
      const response = await fetch(`${contract.baseUrl}/proc`, {
        method: "POST",
        body: padded(name, MIB + 1),
      });
      expect(response.status).toBe(413);
      await alive();
    });

    test("a body that says it is huge and never comes", async () => {
      const head = "POST /proc HTTP/1.1\r\nHost: 127.1\r\nContent-Length: 99999999999\r\n\r\n{";
      await sendAndLeave(contract.baseUrl, head);
      await alive();
    });

    test("a body that breaks off", async () => {
      const head = "POST /proc HTTP/1.1\r\nHost: 127.1\r\nContent-Length: 50\r\n\r\n";
      await sendAndLeave(contract.baseUrl, `${head}{"name": "half"`);
      await alive();
      expect((await contract.client.list()).tasks["half"]).toBeUndefined();
    });

    test("JSON nested ten thousand deep", async () => {
      const { status } = await contract.client.post(`{"name": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`);
      expect(status).toBe(400);
      await alive();
    });

    test.each(NOT_HTTP.map(([what, bytes]) => [what, bytes]))("%s instead of HTTP", async (_what, bytes) => {
      await exchange(contract.baseUrl, bytes);
      await alive();
    });

    test("a hundred requests at once", async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => contract.client.call("/proc")));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    });
  });
}
