/** What a definition says of the process itself, seen from inside it. */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskDefinition } from "../../src/domain/task.ts";
import { isRoot } from "../helpers/processes.ts";
import { makeEngine } from "./engine.ts";

const posix = process.platform !== "win32";
const HAS_NOBODY = isRoot && existsSync("/etc/passwd");

/** What a run with these fields writes. */
async function outputOf(
  definition: Partial<TaskDefinition>,
  index = 0,
  environment?: Record<string, string>,
) {
  const run = makeEngine(environment === undefined ? {} : { environment }).start(definition, index);
  await run.gone();
  expect(run.told).toEqual(["spawned", "exited 0", "gone"]);
  return run.output();
}

async function refusalOf(definition: Partial<TaskDefinition>) {
  const engine = makeEngine();
  const run = engine.start(definition);
  await run.gone();
  expect(run.told).toHaveLength(1);
  expect(engine.notes).toEqual([`meproc: ${run.told[0]}`]);
  return run.told[0];
}

describe.if(posix)("a command", () => {
  test("as a list is run without a shell, its program found in the PATH of the task", async () => {
    expect(await outputOf({ cmd: ["printf", "%s|", "a b", "$HOME", "*"] })).toBe("a b|$HOME|*|");
    const folder = makeEngine().folder;
    writeFileSync(join(folder, "mine"), "#!/bin/sh\necho mine $0\n", { mode: 0o755 });
    const path = `${folder}:/usr/bin:/bin`;
    expect(await outputOf({ cmd: ["mine"], env: { PATH: path } })).toBe(`mine ${join(folder, "mine")}\n`);
  });

  test("knows its replica by {index} in command, variables and folder", async () => {
    const folder = makeEngine().folder;
    mkdirSync(join(folder, "at-3"));
    const definition = { env: { PORT: "300{index}" }, cwd: join(folder, "at-{index}") };
    const line = await outputOf({ ...definition, cmd: "echo {index} $PORT $PWD" }, 3);
    const list = await outputOf({ ...definition, cmd: ["sh", "-c", "echo {index} $PORT $PWD"] }, 3);
    expect(line).toBe(`3 3003 ${folder}/at-3\n`);
    expect(list).toBe(line);
  });
});

describe.if(posix)("the environment", () => {
  const service = { PATH: "/usr/bin:/bin", HOME: "/root", SECRET: "s", LANG: "C", EDITOR: "vi" };

  test("is the service's, unless the task says otherwise", async () => {
    const names = async (definition: Partial<TaskDefinition>) => {
      const text = await outputOf({ cmd: ["env"], ...definition }, 0, service);
      return text
        .split("\n")
        .map((line) => line.split("=")[0] ?? "")
        .filter((name) => name !== "" && !name.startsWith("MEPROC_"))
        .sort();
    };
    expect(await names({})).toEqual(["EDITOR", "HOME", "LANG", "PATH", "SECRET"]);
    expect(await names({ inherit_env: false })).toEqual(["HOME", "LANG", "PATH"]);
    expect(await names({ inherit_env: ["EDITOR", "PATH", "NONE"] })).toEqual(["EDITOR", "PATH"]);
  });

  test("is read from a file, over which the task's own variables win", async () => {
    const folder = makeEngine().folder;
    writeFileSync(join(folder, "vars"), "A=file\nB=file\nMEPROC_TASK=no\n");
    const definition = { cwd: folder, env_file: "vars", env: { B: "task" } };
    expect(await outputOf({ ...definition, cmd: "echo $A $B $MEPROC_TASK" })).toBe("file task web\n");
    expect(await refusalOf({ env_file: join(folder, "none") })).toBe(
      `env_file ${folder}/none: it does not exist (ENOENT)`,
    );
    writeFileSync(join(folder, "vars"), "A=1\nsecret\n");
    expect(await refusalOf({ env_file: join(folder, "vars") })).toBe(
      `env_file ${folder}/vars, line 2: expected NAME=value`,
    );
  });
});

describe.if(posix)("limits", () => {
  test("are set, soft and hard, before the command", async () => {
    const limits = { nofile: 123, core: 4096, cpu: 77, fsize: 1_048_576, nproc: 4000, as: 2_000_000_000 };
    const cmd = ["bash", "-c", "for x in n c t f u v; do ulimit -S$x; ulimit -H$x; done"];
    // bash counts core, files and address space in KiB
    const expected = [123, 4, 77, 1024, 4000, 1_953_125].flatMap((value) => [`${value}\n`, `${value}\n`]);
    expect(await outputOf({ cmd, limits })).toBe(expected.join(""));
  });

  test("hold for a shell's line too, and a small address space ends in the command, not before", async () => {
    expect(await outputOf({ cmd: "ulimit -v", limits: { as: 65_536_000 } })).toBe("64000\n");
  });

  test("umask and niceness", async () => {
    expect(await outputOf({ cmd: "umask; nice", umask: "027", nice: 7 })).toBe("0027\n7\n");
  });

  test.if(isRoot)("and all of it for another user, whose rights would not do for the niceness", async () => {
    const cmd = "id -un; ulimit -n; nice; umask";
    const fields = { nice: -3, umask: "077", limits: { nofile: 500 } };
    expect(await outputOf({ cmd, user: "nobody", ...fields })).toBe("nobody\n500\n-3\n0077\n");
  });

  test.if(process.platform === "linux")("no new privileges, for all that it starts", async () => {
    const cmd = ["sh", "-c", "grep NoNewPrivs /proc/self/status"];
    expect(await outputOf({ cmd })).toBe("NoNewPrivs:\t0\n");
    expect(await outputOf({ cmd, no_new_privs: true })).toBe("NoNewPrivs:\t1\n");
    if (!isRoot) return;
    const gain = "setpriv --reuid 0 true 2>/dev/null || echo refused; id -un";
    expect(await outputOf({ cmd: gain, no_new_privs: true, user: "nobody" })).toBe("refused\nnobody\n");
  });

  test.if(isRoot)("its file of variables is read as its user, who may not see it", async () => {
    const folder = makeEngine().folder;
    const file = join(folder, "secret.env");
    writeFileSync(file, "A=file\nB=file\n", { mode: 0o600 });
    const fields = { cmd: ["sh", "-c", "echo $A $B $C"], env: { B: "env", C: "{index}" }, env_file: file };
    expect(await outputOf(fields, 2)).toBe("file env 2\n");
    expect(await outputOf({ ...fields, umask: "022" }, 2)).toBe("file env 2\n");
    expect(await refusalOf({ ...fields, user: "nobody" })).toBe(
      `env_file ${file}: permission denied (EACCES)`,
    );
    chmodSync(file, 0o644);
    expect(await outputOf({ ...fields, user: "nobody" }, 2)).toBe("file env 2\n");
  });

  test("above the hard one are raised where there is the right to, else refused in words", async () => {
    const hard = Number(Bun.spawnSync(["bash", "-c", "ulimit -Hn"]).stdout.toString());
    const more = { cmd: "ulimit -Hn", limits: { nofile: hard + 1 } };
    const mayRaise = Bun.spawnSync(["bash", "-c", `ulimit -Hn ${hard + 1}`]).success;
    if (mayRaise) expect(await outputOf(more)).toBe(`${hard + 1}\n`);
    else
      expect(await refusalOf(more)).toBe(
        `limits.nofile: ${hard + 1} is above the hard limit ${hard}, which may not be raised`,
      );
  });

  test("leave no descriptor, no ignored or blocked signal behind", async () => {
    const signals = "grep -E '^Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd | wc -l";
    const plain = await outputOf({ cmd: ["sh", "-c", signals] });
    expect(await outputOf({ cmd: ["sh", "-c", signals], nice: 1 })).toBe(plain);
    expect(plain).toContain("SigIgn:\t0000000000000000");
    expect(plain).toEndWith("\n4\n");
  });

  test("do not move the launcher by what the task's variables say", async () => {
    const env = { BUN_BE_BUN: "1", BUN_OPTIONS: "--version", LD_PRELOAD: "/nonexistent.so" };
    expect(await outputOf({ cmd: ["sh", "-c", "echo $BUN_BE_BUN $BUN_OPTIONS"], env, nice: 1 })).toEndWith(
      "1 --version\n",
    );
  });

  test("of whole trees are refused in words where there are no controllers", async () => {
    expect(await refusalOf({ limits: { memory_bytes: 1_000_000 } })).toBe(
      "limits: limits of a whole tree need cgroups (v2), which are not available to the service",
    );
  });
});

describe.if(posix)("what cannot be started is told in words", () => {
  const folder = () => {
    const { folder } = makeEngine();
    writeFileSync(join(folder, "text"), "echo");
    writeFileSync(join(folder, "orphan"), "#!/no/such/interpreter\n", { mode: 0o755 });
    return folder;
  };

  test.each([
    [["no-such-program"], "no-such-program: there is no such program in PATH (ENOENT)"],
    [["./none"], "./none: it does not exist (ENOENT)"],
    [["./orphan"], "./orphan: the interpreter that it names does not exist (ENOENT)"],
    [["./text"], "./text: it is not executable (EACCES)"],
    [["./"], "./: it is a directory (EACCES)"],
  ])("%p, by the service and by the launcher", async (cmd, words) => {
    const cwd = folder();
    expect(await refusalOf({ cmd, cwd })).toBe(words);
    expect(await refusalOf({ cmd, cwd, umask: "022" })).toBe(words);
  });

  test("a folder that is missing, or is none", async () => {
    const at = folder();
    for (const extra of [{}, { umask: "022" }]) {
      expect(await refusalOf({ cmd: ["true"], cwd: join(at, "none"), ...extra })).toBe(
        `cwd ${at}/none: it does not exist (ENOENT)`,
      );
      expect(await refusalOf({ cmd: "true", cwd: join(at, "text"), ...extra })).toBe(
        `cwd ${at}/text: it is not a directory`,
      );
    }
  });

  test.if(HAS_NOBODY)("a folder that its user may not enter", async () => {
    const at = folder();
    chmodSync(at, 0o700);
    expect(await refusalOf({ cmd: "true", cwd: at, user: "nobody" })).toBe(
      `cwd ${at}: permission denied (EACCES)`,
    );
  });
});
