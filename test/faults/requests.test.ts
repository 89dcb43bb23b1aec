/** Fault 29: broken, huge, nested, slow and truncated requests to the API; the service goes on answering. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { serveInProcess } from "../helpers/in-process.ts";
import { sendAndLeave } from "../helpers/raw-http.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";

const MIB = 1 << 20;
const folder = makeFolder();
let service: Awaited<ReturnType<typeof serveInProcess>>;

beforeAll(async () => {
  service = await serveInProcess(folder.path);
});
afterAll(async () => {
  await service.close();
  folder.remove();
});

const ask = (method: string, path: string, body?: string | Uint8Array<ArrayBuffer>) =>
  fetch(`${service.baseUrl}/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
const problemOf = async (response: Response) => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { status, code } = (await response.json()) as { status: number; code: string };
  expect(status).toBe(response.status);
  return `${status} ${code}`;
};
const alive = async () => expect((await ask("GET", "/system")).status).toBe(200);

const TAKING: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/tasks"],
  ["PUT", "/tasks/web"],
  ["POST", "/plan"],
  ["POST", "/apply"],
];

describe.each(TAKING)("%s %s", (method, path) => {
  const BODIES: readonly (readonly [what: string, body: string | Uint8Array<ArrayBuffer>, answer: string])[] =
    [
      ["nothing", "", "400 invalid"],
      ["half a body", '{"name": "half', "400 invalid"],
      ["no JSON", "name=web&cmd=true", "400 invalid"],
      ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0, 1, 2]), "400 invalid"],
      ["a list", "[]", "400 invalid"],
      ["a number", "7", "400 invalid"],
      ["what is nested for ever", "[".repeat(MIB), "400 invalid"],
      ["what is nested deep, and closed", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, "400 invalid"],
      ["texts without an end", `{"a":${'"\\"'.repeat(200_000)}`, "400 invalid"],
      [
        "a field after the other",
        `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":1`).join(",")}}`,
        "400 invalid",
      ],
      [
        "fields that nobody knows, and others that are wrong",
        JSON.stringify({
          ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 1])),
          ...{ cmd: 5, env: 7, stop: "x", health: 1, type: "cron", cron: 3, labels: [[]], tasks: 3 },
        }),
        "400 invalid",
      ],
      ["a prototype", '{"__proto__": {"name": "web"}, "constructor": 1}', "400 invalid"],
      ["more than is taken", "x".repeat(MIB + 1), "413 invalid"],
    ];

  test.each(BODIES)("%s", async (_what, body, answer) => {
    const began = performance.now();
    expect(await problemOf(await ask(method, path, body))).toBe(answer);
    // generous: what grows with the square of its input takes minutes
    expect(performance.now() - began).toBeLessThan(10_000);
    await alive();
  });
});

describe("addresses", () => {
  test.each([
    ["/tasks/%", "404 not_found"],
    ["/tasks/%ff%fe", "404 not_found"],
    ["/tasks/%00", "404 not_found"],
    ["/tasks/..%2f..%2fetc%2fpasswd", "404 not_found"],
    [`/tasks/${"x".repeat(8000)}`, "404 not_found"],
    ["/tasks/a/b/c/d/e/f", "404 not_found"],
    [`/tasks?${"label=a&".repeat(1000)}limit=x`, "400 invalid"],
    [`/tasks?name=${"*a".repeat(3000)}&limit=0`, "400 invalid"],
  ])("%s", async (path, answer) => {
    expect(await problemOf(await ask("GET", path))).toBe(answer);
    await alive();
  });
});

test("bodies that come slowly, or never, hold nobody up", async () => {
  const { hostname, port } = new URL(service.baseUrl);
  const head = "PUT /api/v1/tasks/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60\r\n\r\n";
  const slow = Array.from({ length: 50 }, () => connect({ host: hostname, port: Number(port) }));
  await Promise.all(slow.map((socket) => new Promise((resolve) => socket.write(`${head}{"cmd":`, resolve))));
  await alive();
  const [first, ...others] = slow;
  if (first === undefined) throw new Error("There is no socket");
  const answered = new Promise<string>((resolve) => first.once("data", (bytes) => resolve(String(bytes))));
  const rest = ' "true", "type": "once", "autostart": false}';
  first.write(rest.padEnd(60 - '{"cmd":'.length));
  expect((await answered).split("\r\n")[0]).toBe("HTTP/1.1 201 Created");
  for (const socket of [first, ...others]) socket.destroy();
  await alive();
});

test("requests that break off change nothing", async () => {
  const body = JSON.stringify({ cmd: "true", type: "once" });
  const head = (length: number) =>
    `PUT /api/v1/tasks/broken HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`;
  for (let cut = 0; cut < body.length; cut += 7)
    await sendAndLeave(service.baseUrl, head(body.length) + body.slice(0, cut));
  await sendAndLeave(service.baseUrl, `${head(MIB)}${body}`);
  expect(await problemOf(await ask("GET", "/tasks/broken"))).toBe("404 not_found");
});
