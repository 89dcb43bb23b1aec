/** A file system in memory that is soon full. Only root may mount one. */
import { whenDone } from "./cleanup.ts";

export const maySmallDisk = process.platform === "linux" && process.getuid?.() === 0;

/** Mounted on a folder for the test that is running; `size` as mount has it, `1m`. */
export function smallDisk(folder: string, size: string): void {
  const { exitCode, stderr } = Bun.spawnSync([
    "mount",
    "-t",
    "tmpfs",
    "-o",
    `size=${size},mode=700`,
    "tmpfs",
    folder,
  ]);
  if (exitCode !== 0) throw new Error(`mount: ${stderr.toString()}`);
  whenDone(() => void Bun.spawnSync(["umount", "-l", folder]));
}
