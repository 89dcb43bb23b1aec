import { describe, expect, test } from "bun:test";
import { exchange } from "../helpers/raw-http.ts";
import { type Contract, LONG, OK } from "./contract.ts";

/** The requests of its README, as curl puts them on the wire. `127.1` is what a person types. */
export function requestRows(contract: Contract): void {
  describe("requests to the letter", () => {
    const raw = async (method: string, path: string, body: string | null = null) => {
      const head = [
        `${method} ${path} HTTP/1.1`,
        `Host: 127.1:${new URL(contract.baseUrl).port}`,
        "User-Agent: curl/8.5.0",
        "Accept: */*",
        "Connection: close",
      ];
      if (body !== null)
        head.push(
          `Content-Length: ${Buffer.byteLength(body)}`,
          "Content-Type: application/x-www-form-urlencoded",
        );
      const answer = await exchange(contract.baseUrl, `${head.join("\r\n")}\r\n\r\n${body ?? ""}`);
      const end = answer.indexOf("\r\n\r\n");
      return { status: Number(answer.split(" ")[1]), json: JSON.parse(answer.slice(end + 4)) as unknown };
    };

    test("POST with two replicas, PUT, GET, output and DELETE are taken as curl sends them", async () => {
      const name = contract.unique("sleep1");
      const body = `{"name": "${name}", "cmd": "sleep 5", "type": "once", "replica": 2}`;
      expect(await raw("POST", "/proc", body)).toEqual({ status: 200, json: OK });
      expect(await raw("PUT", `/proc?name=${name}`)).toEqual({ status: 200, json: OK });
      expect(await raw("GET", "/proc")).toMatchObject({ status: 200, json: OK });
      const output = await raw("GET", `/proc/output?name=${name}`);
      expect(output).toEqual({
        status: 200,
        json: { ...OK, data: { [`${name}:0`]: "", [`${name}:1`]: "" } },
      });
      expect(await raw("DELETE", `/proc?name=${name}`)).toEqual({ status: 200, json: OK });
    });

    test("POST of a task with deps, and of a cron task", async () => {
      const [one, two] = [contract.unique("sleep1"), contract.unique("sleep2")];
      const deps = `{"name": "${two}", "cmd": "sleep 5", "type": "once", "replica": 2, "deps": ["${one}"]}`;
      expect(await raw("POST", "/proc", deps)).toEqual({ status: 200, json: OK });
      expect(await raw("DELETE", `/proc?name=${two}`)).toEqual({ status: 200, json: OK });
      const cron = `{"name": "${two}", "cmd": "sleep 5", "type": "cron", "cron": "* * * * *", "replica": 2}`;
      expect(await raw("POST", "/proc", cron)).toEqual({ status: 200, json: OK });
    });

    test("127.1 is an address of the service", async () => {
      const response = await fetch(`${contract.baseUrl.replace("127.0.0.1", "127.1")}/proc`);
      expect(response.status).toBe(200);
    });

    const TYPES = ["application/json", "text/plain", "application/octet-stream", "multipart/form-data", null];
    test.each(TYPES.map((type) => [type]))("the body is JSON with the content type %s", async (type) => {
      const body = JSON.stringify({ name: contract.unique("typed"), cmd: LONG, type: "once" });
      const headers: Record<string, string> = type === null ? {} : { "content-type": type };
      const bytes = new TextEncoder().encode(body);
      const answer = await contract.client.call("/proc", { method: "POST", headers, body: bytes });
      expect(answer).toMatchObject({ status: 200, body: OK });
    });
  });
}
