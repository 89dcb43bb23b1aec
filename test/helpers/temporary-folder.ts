import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whenDone } from "./cleanup.ts";

/** A folder for one suite; whoever makes it removes it. */
export function makeFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "meproc-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder for the test that is running, removed when it ends. Another user may look into it. */
export function temporaryFolder(): string {
  const { path, remove } = makeFolder();
  chmodSync(path, 0o755);
  whenDone(remove);
  return path;
}
