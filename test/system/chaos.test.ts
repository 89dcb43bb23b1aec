import { expect, test } from "bun:test";
import { runChaos } from "../chaos/run-chaos.ts";
import { executable } from "../helpers/executable.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

// also `bun run chaos`, with as many rounds as wanted
test("killed with -9 at random moments, it loses, doubles and forgets nothing", async () => {
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  await runChaos({ executable: executable(), folder: temporaryFolder(), rounds: 10, seed: 3, report });
  expect(lines).toHaveLength(10);
}, 120_000);
