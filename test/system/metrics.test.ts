/** Promise 4: what Debian's promtool and Prometheus say of /metrics. Skipped where they are not installed. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { whenDone } from "../helpers/cleanup.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const PROMTOOL = Bun.which("promtool");
const PROMETHEUS = Bun.which("prometheus");
if (PROMTOOL === null || PROMETHEUS === null)
  process.stdout.write("Prometheus is not installed: what it says of /metrics is not looked at\n");

const CONFIG = "[metrics]\nusage = true\n";
const TASKS = [
  { name: "talker", cmd: "echo hello; exec sleep 1000", type: "daemon", replica: 2 },
  { name: "crashing", cmd: "exit 3", type: "daemon", interval: 50 },
  { name: "ticking", cmd: "true", type: "cron", every_ms: 1000 },
];

async function busyService(): Promise<Service> {
  const service = await startService({ config: CONFIG });
  for (const task of TASKS)
    await fetch(`${service.url}/api/v1/tasks`, { method: "POST", body: JSON.stringify(task) });
  await until(async () => /ticking",result="succeeded"} [1-9]/.test(await scrape(service)), "it has ticked");
  return service;
}

const scrape = async ({ url }: Service) => await (await fetch(`${url}/metrics`)).text();

test.skipIf(PROMTOOL === null)("promtool finds no fault with them", async () => {
  const service = await busyService();
  const text = await scrape(service);
  expect(text).toContain('meproc_output_bytes_total{task="talker"} 12\n');
  const { exitCode, stdout, stderr } = Bun.spawnSync([PROMTOOL ?? "", "check", "metrics"], {
    stdin: Buffer.from(text),
  });
  expect([exitCode, `${stdout}${stderr}`]).toEqual([0, ""]);
});

test.skipIf(PROMETHEUS === null)(
  "Prometheus scrapes them in OpenMetrics for a while, and finds what they say",
  async () => {
    const service = await busyService();
    const port = freePort();
    const file = join(service.folder, "prometheus.yml");
    writeFileSync(
      file,
      `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: meproc, static_configs: [{ targets: ["127.0.0.1:${service.port}"] }] }]\n`,
    );
    const prometheus = Bun.spawn(
      [
        PROMETHEUS ?? "",
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(service.folder, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ["ignore", "ignore", "ignore"] },
    );
    whenDone(async () => {
      prometheus.kill("SIGKILL");
      await prometheus.exited;
    });
    const value = async (query: string): Promise<number | null> => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
      const response = await fetch(url).catch(() => null);
      if (response === null || !response.ok) return null;
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      const found = data.result[0]?.value[1];
      return found === undefined ? null : Number(found);
    };
    const scrapes = async () => (await value('count_over_time(up{job="meproc"}[1m])')) ?? 0;
    await until(async () => (await scrapes()) >= 10, "it was scraped ten times", 30_000);
    expect(await value('min_over_time(up{job="meproc"}[1m])')).toBe(1);
    expect(await value('sum(meproc_task_instances_running{task="talker"})')).toBe(2);
    expect(await value('increase(meproc_starts_total{task="ticking"}[1m])')).toBeGreaterThan(5);
  },
  45_000,
);

function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = server;
  void server.stop(true);
  return port ?? 0;
}
