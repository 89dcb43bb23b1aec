/** Traces go where the configuration says, and nothing secret with them. */
import { expect, test } from "bun:test";
import { whenDone } from "../helpers/cleanup.ts";
import { startService } from "../helpers/service.ts";

test("a request is traced to a collector, without what may be secret in it", async () => {
  const got: { path: string; key: string | null; body: string }[] = [];
  const collector = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
      got.push({ path: new URL(request.url).pathname, key: request.headers.get("x-key"), body });
      return new Response();
    },
  });
  whenDone(() => collector.stop(true));
  const config = `[otel]\nendpoint = "http://127.0.0.1:${collector.port}/v1/traces"\nservice_name = "traced"\nheaders = { x-key = "k" }\n`;
  const service = await startService({ config });
  const task = { name: "web", cmd: "true", type: "once", env: { TOKEN: "hush-body" } };
  const headers = { authorization: "Bearer hush-header", cookie: "session=hush-cookie" };
  const url = `${service.url}/api/v1/tasks?wait=exited&timeout_ms=5000&x=hush-query`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify(task), headers });
  expect(response.status).toBe(201);
  // once the next one is answered, the one before is over
  await (await fetch(`${service.url}/healthz`)).text();
  // what waits is sent with the end of the service
  expect(await service.stop()).toBe(0);
  const all = got.map(({ body }) => body).join("");
  expect(got[0]).toMatchObject({ path: "/v1/traces", key: "k" });
  for (const said of ["traced", "/api/v1/tasks", "http.response.status_code"]) expect(all).toContain(said);
  expect(all).not.toContain("hush");
});

test("a collector that is away is nobody's trouble", async () => {
  const service = await startService({ config: '[otel]\nendpoint = "http://127.0.0.1:1/v1/traces"\n' });
  expect((await fetch(`${service.url}/api/v1/system`)).status).toBe(200);
  expect(await service.stop()).toBe(0);
});
