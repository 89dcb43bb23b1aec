/** From exec to the first answer, on an empty data directory. */
import { type Bench, atMost } from "./report.ts";
import { end, launch, makeFolder } from "./service.ts";
import { median, spread } from "./statistics.ts";

const SAMPLES = 10;
const FLOOR_MS = 200;

export const boot: Bench = {
  name: "boot",
  run: async (executable) => {
    const samples: number[] = [];
    for (let i = 0; i < SAMPLES; i++) samples.push(await bootOnce(executable));
    return [
      {
        name: "boot: exec to first answer",
        measured: median(samples),
        unit: "ms",
        floor: atMost(FLOOR_MS),
        detail: spread(samples),
      },
    ];
  },
};

async function bootOnce(executable: string): Promise<number> {
  const folder = makeFolder();
  const begin = performance.now();
  const service = launch(executable, folder, "pipe");
  try {
    const response = await fetch(`http://${await addressFrom(service.stdout)}/healthz`);
    await response.text();
    return performance.now() - begin;
  } finally {
    await end(service);
  }
}

async function addressFrom(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stdout) {
    text += new TextDecoder().decode(chunk);
    const address = /Listen on: (\S+)\n/.exec(text)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`the service did not listen: ${text}`);
}
