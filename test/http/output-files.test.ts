import { randomBytes } from "node:crypto";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { exchange } from "../helpers/raw-http.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { NOW, serveOutput } from "./output-app.ts";

const NAME = "one:0-2026-11-22.log";

async function serveFile(bytes: Uint8Array, name = NAME) {
  const served = await serveOutput();
  const path = join(temporaryFolder(), "file");
  writeFileSync(path, bytes);
  served.output.paths.set(name, path);
  const url = `/tasks/one/output/files/${encodeURIComponent(name)}`;
  const get = (headers: Record<string, string> = {}) => served.ask(url, { headers });
  const bytesOf = async (headers: Record<string, string> = {}) =>
    Buffer.from(await (await get(headers)).arrayBuffer());
  return { ...served, path, get, bytesOf, file: url };
}

test("the files are listed with replica, size and time", async () => {
  const { ask, output } = await serveOutput();
  const file = { day: "2026-11-22", size_bytes: 7, compressed: false, open: true, modified_at: NOW };
  output.listed.push(
    { ...file, name: "web:0-2026-11-22.log", alias: "web:0" },
    { ...file, name: "web:1-2026-11-22.log", alias: "web:1" },
  );
  const { items, next_cursor } = (await (await ask("/tasks/web/output/files?replica=1")).json()) as {
    items: unknown[];
    next_cursor: null;
  };
  expect(next_cursor).toBeNull();
  expect(items).toEqual([
    {
      name: "web:1-2026-11-22.log",
      alias: "web:1",
      replica: 1,
      day: "2026-11-22",
      size_bytes: 7,
      compressed: false,
      open: true,
      modified_at: "2026-11-22T12:00:00.000Z",
    },
  ]);
});

describe("a file", () => {
  test("comes whole, as a download that no browser takes for a page", async () => {
    const bytes = randomBytes(1_000_000);
    const { get } = await serveFile(bytes);
    const response = await get();
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    const names = ["accept-ranges", "content-type", "x-content-type-options"];
    expect(names.map((name) => response.headers.get(name))).toEqual([
      "bytes",
      "text/plain; charset=utf-8",
      "nosniff",
    ]);
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename="one_0-2026-11-22.log"; filename*=UTF-8''one%3A0-2026-11-22.log`,
    );
  });

  test("comes in part", async () => {
    const { get, bytesOf } = await serveFile(Buffer.from("0123456789"));
    const response = await get({ range: "bytes=2-4" });
    expect([response.status, await response.text()]).toEqual([206, "234"]);
    expect(response.headers.get("content-range")).toBe("bytes 2-4/10");
    expect((await bytesOf({ range: "bytes=-2" })).toString()).toBe("89");
    expect((await bytesOf({ range: "bytes=0-1,3-4" })).toString()).toBe("0123456789");
  });

  test("of which nothing is there that is asked for says how long it is", async () => {
    const { get } = await serveFile(Buffer.from("0123456789"));
    const response = await get({ range: "bytes=10-" });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */10");
    expect(await response.json()).toMatchObject({ status: 416, detail: "The file has 10 bytes" });
  });

  test("goes on in part only while it is the same", async () => {
    const { get, path } = await serveFile(Buffer.from("0123456789"));
    const tag = (await get()).headers.get("etag") ?? "";
    const part = { range: "bytes=8-", "if-range": tag };
    expect(await (await get(part)).text()).toBe("89");
    expect((await get({ "if-none-match": tag })).status).toBe(304);
    appendFileSync(path, "more");
    const changed = await get(part);
    expect([changed.status, await changed.text()]).toEqual([200, "0123456789more"]);
    expect((await get({ "if-none-match": tag })).status).toBe(200);
  });

  test("that is empty is empty", async () => {
    const { get } = await serveFile(new Uint8Array());
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("says beforehand how long it is", async () => {
    const { url, file } = await serveFile(Buffer.from("0123456789"));
    const get = `GET /api/v1${file} HTTP/1.1\r\nHost: localhost\r\nRange: bytes=1-3\r\nConnection: close\r\n\r\n`;
    const answer = await exchange(url, get);
    expect(answer.toLowerCase()).toContain("content-length: 3\r\n");
    expect(answer).toEndWith("\r\n\r\n123");
  });

  test("tells HEAD how long it is, and no more", async () => {
    const { url, file } = await serveFile(Buffer.from("0123456789"));
    const head = (range: string) =>
      exchange(url, `HEAD /api/v1${file} HTTP/1.1\r\nHost: localhost\r\n${range}Connection: close\r\n\r\n`);
    const whole = await head("");
    expect(whole).toStartWith("HTTP/1.1 200");
    expect(whole.toLowerCase()).toContain("content-length: 10\r\n");
    expect(whole).toEndWith("\r\n\r\n");
    expect((await head("Range: bytes=1-2\r\n")).toLowerCase()).toContain("content-range: bytes 1-2/10");
  });

  test("in letters of any script, and compressed, has its name and type", async () => {
    const { get } = await serveFile(Buffer.from("x"), "one:0-größe'-2026-11-22.1.log.zst");
    const { headers } = await get();
    expect(headers.get("content-type")).toBe("application/zstd");
    expect(headers.get("content-encoding")).toBeNull();
    expect(headers.get("content-disposition")).toBe(
      "attachment; filename=\"one_0-gr__e_-2026-11-22.1.log.zst\"; filename*=UTF-8''one%3A0-gr%C3%B6%C3%9Fe%27-2026-11-22.1.log.zst",
    );
  });

  test("of another task, of none, or removed meanwhile is not there", async () => {
    const { ask, path, get } = await serveFile(Buffer.from("x"));
    const paths = [
      "web/output/files/one:0-2026-11-22.log",
      "one/output/files/..%2Fsecret",
      "one/output/files/x",
    ];
    for (const each of paths) expect([each, (await ask(`/tasks/${each}`)).status]).toEqual([each, 404]);
    rmSync(path);
    const gone = await get();
    expect([gone.status, await gone.json()]).toMatchObject([404, { detail: "There is no such file" }]);
  });
});
