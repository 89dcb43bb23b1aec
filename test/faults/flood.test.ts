/** Fault 16 at its measured pace: 100 MB/s of four children. MEPROC_FLOOD_SECONDS=60 is the minute; the bench measures it too. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { floodOf } from "../bench/flood.ts";
import { median } from "../bench/statistics.ts";
import { startService } from "../helpers/service.ts";

const seconds = Number(process.env["MEPROC_FLOOD_SECONDS"] ?? 5);
setDefaultTimeout(60_000 + 6000 * seconds);

test.if(process.platform === "linux" && Bun.which("perl") !== null)(
  "16: 100 MB/s: each line is there, memory is flat, a core is enough, and the API answers meanwhile",
  async () => {
    const service = await startService();
    const { growth, cores, answers } = await floodOf(service, seconds);
    expect(growth).toBeLessThan(40e6);
    expect(cores).toBeLessThan(1);
    // how long the slowest took is a matter of the machine, and of the bench
    expect(median(answers)).toBeLessThan(20);
  },
);
