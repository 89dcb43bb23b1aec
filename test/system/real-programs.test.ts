/** Programs that people run, under each type. What is not installed is skipped by name. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const redis = Bun.which("redis-server");
const nginx = Bun.which("nginx") ?? Bun.which("nginx", { PATH: "/usr/sbin" });

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  return port ?? 0;
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.on("data", (data) => {
      socket.destroy();
      resolve(data.toString().startsWith("+PONG"));
    });
    socket.on("error", () => resolve(false));
  });
}

describe.skipIf(redis === null)("redis-server as a daemon", () => {
  test("serves, is killed, and serves again", async () => {
    const service = await startService();
    const proc = legacyClient(service.url);
    const port = await freePort();
    const cmd = `exec ${redis} --port ${port} --bind 127.0.0.1 --save '' --dir ${service.folder}`;
    await proc.post({ name: "redis", cmd, type: "daemon", interval: 1 });
    await until(() => ping(port), "redis answers");
    const [before] = await proc.running("redis");
    process.kill(Number(before?.pid), "SIGKILL");
    const after = await until(async () => {
      const [now] = await proc.running("redis");
      return now !== undefined && now.pid !== before?.pid && now;
    }, "redis runs again");
    await until(() => ping(port), "redis answers again");
    expect(after.pid).not.toBe(before?.pid);
    expect((await proc.output("redis"))["redis:0"]?.toString()).toContain("Ready to accept connections");
    expect((await apiClient(service.url).instance("redis")).restarts).toBe(1);
    await proc.remove("redis");
    expect(await ping(port)).toBe(false);
  });
});

describe.skipIf(nginx === null)("nginx as a daemon", () => {
  test("writes to /dev/stdout, serves with its workers, and goes as a whole", async () => {
    const service = await startService();
    const proc = legacyClient(service.url);
    const port = await freePort();
    const file = join(service.folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off; pid ${service.folder}/nginx.pid; error_log /dev/stderr; worker_processes 2;
       events {}
       http { access_log /dev/stdout; client_body_temp_path ${service.folder}/b; proxy_temp_path ${service.folder}/p;
         fastcgi_temp_path ${service.folder}/f; uwsgi_temp_path ${service.folder}/u; scgi_temp_path ${service.folder}/s;
         server { listen 127.0.0.1:${port}; location / { return 200 "hello from nginx"; } } }`,
    );
    await proc.post({
      name: "nginx",
      cmd: `${nginx} -c ${file} -e /dev/stderr`,
      type: "daemon",
      interval: 1,
    });
    const get = () => fetch(`http://127.0.0.1:${port}/page`).then((answer) => answer.text());
    expect(await until(() => get().catch(() => null), "nginx answers")).toBe("hello from nginx");
    await until(
      async () => (await proc.output("nginx"))["nginx:0"]?.includes("GET /page"),
      "its access log in the output",
    );
    await proc.remove("nginx");
    expect(service.descendants()).toEqual([]);
  });
});

test("a shell job on a schedule with seconds", async () => {
  const service = await startService();
  const proc = legacyClient(service.url);
  await proc.post({ name: "job", cmd: "date +%s.%N", type: "cron", cron: "* * * * * *" });
  const lines = await until(async () => {
    const text = (await proc.output("job"))["job:0"]?.toString() ?? "";
    return text.split("\n").length > 2 && text.trim().split("\n");
  }, "two runs");
  const [first = 0, second = 0] = lines.map(Number);
  expect(Math.floor(second) - Math.floor(first)).toBe(1);
});
