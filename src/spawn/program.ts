/** Which file a program's name means, and why a command could not be started, in words that tell folder and program apart. */
import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { codeOf, inWords } from "../platform/system-errors.ts";

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

export interface Place {
  /** `null` for the service's own folder. */
  readonly cwd: string | null;
  /** The variable PATH of the process to be. */
  readonly path: string | undefined;
}

/** As execvp(3) does it, with the rights of whoever asks. A name with a slash, and any on Windows, stays as it is. */
export function findProgram(name: string, { cwd, path }: Place): string {
  if (name.includes("/") || name === "" || process.platform === "win32") return name;
  const folders = (path ?? DEFAULT_PATH).split(":").map((folder) => resolve(cwd ?? "", folder));
  return folders.map((folder) => resolve(folder, name)).find(isProgram) ?? name;
}

function isProgram(path: string): boolean {
  return isFile(path) && mayExecute(path);
}

/** Why a command could not be started, after the system has refused it. */
export function refusal(error: unknown, program: string, { cwd }: Place): string {
  const folder = cwd === null ? null : folderProblem(cwd);
  if (folder !== null) return `cwd ${cwd}: ${folder}`;
  return `${program}: ${programProblem(error, program, cwd)}`;
}

/** Why nobody can work in a folder; `null` if one can. */
export function folderProblem(cwd: string): string | null {
  try {
    if (!statSync(cwd).isDirectory()) return "it is not a directory";
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    return inWords(error);
  }
}

function programProblem(error: unknown, program: string, cwd: string | null): string {
  const code = codeOf(error);
  const path = resolve(cwd ?? "", program);
  if (code === "ENOENT" && !program.includes("/")) return "there is no such program in PATH (ENOENT)";
  if (code === "ENOENT" && isFile(path)) return "the interpreter that it names does not exist (ENOENT)";
  if (code === "EACCES" && isDirectory(path)) return "it is a directory (EACCES)";
  if (code === "EACCES" && isFile(path) && !mayExecute(path)) return "it is not executable (EACCES)";
  return inWords(error);
}

function mayExecute(path: string): boolean {
  return succeeds(() => {
    accessSync(path, constants.X_OK);
    return true;
  });
}

function isFile(path: string): boolean {
  return succeeds(() => statSync(path).isFile());
}

function isDirectory(path: string): boolean {
  return succeeds(() => statSync(path).isDirectory());
}

/** False too for what is not there, or not ours to see. */
function succeeds(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}
