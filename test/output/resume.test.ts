/** Output over the end of a service: its processes write on, and the next one goes on with their FIFOs. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { dailyFile, dayOf } from "../../src/output/files.ts";
import { makeCapture } from "../helpers/captures.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { makeGate } from "../helpers/gate.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const HOLDER = join(import.meta.dir, "holder.ts");
const ALIAS = "web:0";
const RUN = "r1";

function makeFolders() {
  const root = mkdtempSync(join(tmpdir(), "meproc-resume-"));
  whenDone(() => rmSync(root, { recursive: true }));
  const folders = { root, fifoDir: join(root, "run"), logDir: join(root, "log") };
  for (const folder of [folders.fifoDir, folders.logDir]) mkdirSync(folder);
  return folders;
}
type Folders = ReturnType<typeof makeFolders>;

const fileOf = ({ logDir }: Folders) => dailyFile(logDir, ALIAS, dayOf(Date.now()));
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

for (const way of ["splice", "copy"] as const)
  describe.if(process.platform === "linux")(`capture by ${way}, over the end of a service`, () => {
    /** Starts a command under a service of its own. */
    async function hold({ fifoDir, logDir }: Folders, command: string) {
      const service = Bun.spawn([process.execPath, HOLDER, way, fifoDir, logDir, ALIAS, RUN, command], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      whenDone(() => void service.kill("SIGKILL"));
      const reader = service.stdout.getReader();
      const { value } = await reader.read();
      const pid = Number(new TextDecoder().decode(value));
      whenDone(() => {
        if (isAlive(pid)) process.kill(-pid, "SIGKILL");
      });
      return { service, pid };
    }

    /** The next service: knows the run, or does not. */
    function resume({ fifoDir, logDir }: Folders, known = true): void {
      const capture = makeCapture(way, { fifoDirs: [fifoDir], logDir });
      whenDone(() => capture.close());
      capture.resume((run) => (known && run === RUN ? ALIAS : null));
    }

    test("nothing is lost or doubled of what is written while it is killed, away and back", async () => {
      const folders = makeFolders();
      const gate = makeGate(folders.root);
      const command = `seq 1 100; ${gate.wait}; seq 101 200 >&2; ${gate.wait}; seq 201 300`;
      const { service, pid } = await hold(folders, command);
      await until(() => linesOf(fileOf(folders)).length === 100, "the first lines are in the file");
      service.kill("SIGKILL");
      await service.exited;
      gate.pass(1);
      resume(folders);
      await until(() => linesOf(fileOf(folders)).length === 200, "what was written meanwhile is, too");
      gate.pass(1);
      await until(() => !isAlive(pid), "it has ended");
      await until(() => readdirSync(folders.fifoDir).length === 0, "both FIFOs are removed");
      expect(linesOf(fileOf(folders))).toEqual(numbers(1, 300));
    });

    test("what floods over a hand-over arrives whole", async () => {
      const folders = makeFolders();
      const ended = join(folders.root, "ended");
      const flood = `n=0; until [ -e '${ended}' ]; do seq $((n+1)) $((n+=100000)); done`;
      const { service, pid } = await hold(folders, flood);
      await until(() => existsSync(fileOf(folders)) && Bun.file(fileOf(folders)).size > 1e6, "it floods");
      service.stdin.write("leave\n");
      await service.stdin.end();
      expect(await service.exited).toBe(0);
      expect(isAlive(pid)).toBe(true);
      resume(folders);
      writeFileSync(ended, "");
      await until(() => readdirSync(folders.fifoDir).length === 0, "both FIFOs are removed");
      const text = readFileSync(fileOf(folders), "utf8");
      const lines = text.split("\n");
      const wrong = lines.slice(0, -1).findIndex((line, i) => line !== String(i + 1));
      expect(wrong === -1 ? "" : lines.slice(wrong - 1, wrong + 2).join(" ")).toBe("");
      expect((lines.length - 1) % 100_000).toBe(0);
    });

    test("the FIFOs of a run that nobody knows are removed", async () => {
      const folders = makeFolders();
      const gate = makeGate(folders.root);
      const { service } = await hold(folders, gate.wait);
      service.kill("SIGKILL");
      await service.exited;
      expect(readdirSync(folders.fifoDir).length).toBe(2);
      resume(folders, false);
      expect(readdirSync(folders.fifoDir)).toEqual([]);
    });
  });
