/** supervisord, where it is installed, with one program whose output it keeps in one file without a limit: its best case. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuSeconds } from "./proc.ts";

/** `null` if it is not installed. */
export function supervisordVersion(): string | null {
  if (Bun.which("supervisord") === null) return null;
  return Bun.spawnSync(["supervisord", "--version"]).stdout.toString().trim();
}

/** Runs a shell command under it until `done` settles; returns the seconds of CPU that it took itself. */
export async function withSupervisord(
  folder: string,
  command: string,
  log: string,
  done: () => Promise<unknown>,
): Promise<number> {
  const [config, script] = [join(folder, "supervisord.conf"), join(folder, "supervised.sh")];
  writeFileSync(script, command);
  writeFileSync(
    config,
    `[supervisord]
nodaemon=true
logfile=${folder}/supervisord.log
pidfile=${folder}/supervisord.pid
[program:writer]
command=/bin/sh ${script}
autorestart=false
startsecs=0
stdout_logfile=${log}
stdout_logfile_maxbytes=0
`,
  );
  writeFileSync(log, "");
  const child = Bun.spawn(["supervisord", "-c", config], {
    cwd: folder,
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    await done();
    return cpuSeconds(child.pid);
  } finally {
    child.kill();
    await child.exited;
  }
}
