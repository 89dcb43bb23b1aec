/** From a crash to running again, beside plugins that do all they can, as a ratio to a service without any. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Measurement, atMost } from "./report.ts";
import { Daemon } from "./restart.ts";
import { Service, makeFolder } from "./service.ts";
import { median, spread } from "./statistics.ts";
import { until } from "./time.ts";

const SAMPLES = 40;
/** Within what two equal services differ by. */
const FLOOR = 1.25;

/** Each is told of every start. */
const PLUGINS: Readonly<Record<string, string>> = {
  loops: "export default { start() { for (;;); } }",
  throws: `export default { start() { throw new Error("oh"); } }`,
  exits: "export default { start() { process.exit(1); } }",
  leaks:
    "const kept = []; export default { start() { setInterval(() => kept.push(Buffer.alloc(1 << 20, 1)), 10); } }",
  floods: `export default { start(e, ctx) { for (let i = 0; i < 1e4; i++) { ctx.log.info("x"); console.log("x".repeat(100)); } } }`,
  late: "export default { start: () => new Promise((resolve) => setTimeout(resolve, 60_000)) }",
};

export const plugins: Bench = {
  name: "plugins",
  run: async (executable) => {
    const plain = await Service.start(executable);
    const beside = await Service.start(executable, folderWithPlugins());
    try {
      await until("all plugins run", async () => {
        const { items } = JSON.parse(await beside.get("/api/v1/plugins")) as { items: { state: string }[] };
        return items.every(({ state }) => state === "running") || null;
      });
      return await compare(plain, beside);
    } finally {
      await Promise.all([plain.stop(), beside.stop()]);
    }
  },
};

function folderWithPlugins(): string {
  const folder = makeFolder();
  mkdirSync(join(folder, "plugins"));
  for (const [name, text] of Object.entries(PLUGINS))
    writeFileSync(join(folder, "plugins", `${name}.js`), text);
  return folder;
}

/** By turns, as a machine is not the same from one minute to the next. */
async function compare(plain: Service, beside: Service): Promise<Measurement[]> {
  const samples = { plain: [] as number[], beside: [] as number[] };
  for (let i = 0; i < SAMPLES; i++)
    for (const [service, list] of [
      [plain, samples.plain],
      [beside, samples.beside],
    ] as const) {
      const daemon = await Daemon.start(service, "/api/v1/tasks", { name: `daemon${i}` });
      list.push(await daemon.crash());
      await service.remove(`daemon${i}`);
    }
  return [
    {
      name: "plugins: crash to running beside six bad ones, to without",
      measured: median(samples.beside) / median(samples.plain),
      unit: "ratio",
      floor: atMost(FLOOR),
      detail: `${spread(samples.beside)} to ${spread(samples.plain)} ms`,
    },
  ];
}
