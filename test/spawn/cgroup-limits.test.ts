/** Limits of whole trees, on a folder that stands for the hierarchy: what is written, and when they are refused. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cgroups, makeGroup, unavailableLimits } from "../../src/spawn/cgroup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const LIMITS = { memory_bytes: 8_000_000, cpu_percent: 150, pids: 20 };

/** The service's own group and the folder of its runs in it. */
function hierarchy(controllers: string, enabled = "") {
  const own = temporaryFolder();
  const base = join(own, "meproc-1");
  mkdirSync(base);
  writeFileSync(join(own, "cgroup.controllers"), `${controllers}\n`);
  writeFileSync(join(own, "cgroup.subtree_control"), `${enabled}\n`);
  writeFileSync(join(base, "cgroup.subtree_control"), `${enabled}\n`);
  return { own, base, cgroups: new Cgroups(base) };
}

describe("limits of a whole tree", () => {
  test("are written into the group of the run", () => {
    const { base, cgroups } = hierarchy("cpu memory pids", "cpu memory pids");
    const read = (file: string) => readFileSync(join(base, "r", file), "utf8");
    expect(makeGroup(cgroups, "r", LIMITS)?.path).toBe(join(base, "r"));
    expect(["memory.max", "memory.oom.group", "cpu.max", "pids.max"].map(read)).toEqual([
      "8000000",
      "1",
      "150000 100000",
      "20",
    ]);
  });

  test("ask for the controllers that are offered and not handed on yet", () => {
    const { own, base, cgroups } = hierarchy("cpu memory pids", "pids");
    expect(cgroups.unavailable({ memory_bytes: 1, pids: 1 })).toBeNull();
    for (const folder of [own, base])
      expect(readFileSync(join(folder, "cgroup.subtree_control"), "utf8")).toBe("+memory");
  });

  test("are refused in words where a controller is missing, or there are no groups", () => {
    const { cgroups } = hierarchy("cpuset pids");
    expect(cgroups.unavailable(LIMITS)).toBe(
      "the cgroup controller memory, cpu is not available to the service",
    );
    expect(unavailableLimits(null, LIMITS)).toContain("need cgroups");
    expect(() => makeGroup(null, "r", LIMITS)).toThrow("limits: limits of a whole tree need cgroups");
  });

  test("are none if only limits of processes are given: then nothing is asked for", () => {
    const { own, cgroups } = hierarchy("memory");
    expect(cgroups.unavailable({ nofile: 1 })).toBeNull();
    expect(unavailableLimits(null, { nofile: 1 })).toBeNull();
    expect(makeGroup(null, "r", { nofile: 1 })).toBeNull();
    expect(readFileSync(join(own, "cgroup.subtree_control"), "utf8")).toBe("\n");
    expect(existsSync(join(own, "meproc-1", "supervisor"))).toBe(false);
  });

  test("that were reached are told by the group", () => {
    const { base, cgroups } = hierarchy("memory", "memory");
    const group = makeGroup(cgroups, "r", { memory_bytes: 1 });
    expect(group?.ranOutOfMemory()).toBe(false);
    writeFileSync(join(base, "r", "memory.events"), "low 0\noom 1\noom_kill 0\n");
    expect(group?.ranOutOfMemory()).toBe(false);
    writeFileSync(join(base, "r", "memory.events"), "low 0\noom 1\noom_kill 2\n");
    expect(group?.ranOutOfMemory()).toBe(true);
  });
});

test("groups of commands are no runs, and end when the next service comes", () => {
  const { base, cgroups } = hierarchy("");
  cgroups.make("r");
  cgroups.makeForCommand("c");
  mkdirSync(join(base, "supervisor"));
  for (const name of ["r", "command-c", "supervisor"])
    writeFileSync(join(base, name, "cgroup.procs"), "12345678\n");
  expect(cgroups.left()).toEqual(["r"]);
  expect(cgroups.pids()).toEqual([12345678, 12345678]);
  cgroups.sweep();
  expect(readFileSync(join(base, "command-c", "cgroup.kill"), "utf8")).toBe("1");
  expect(existsSync(join(base, "r", "cgroup.kill"))).toBe(false);
});
