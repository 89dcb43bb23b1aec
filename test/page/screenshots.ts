/** Pictures of what the tests see, for people to look at: kept when MEPROC_SCREENSHOTS names a folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

export async function keepScreenshot(page: Page, name: string, fullPage = false): Promise<void> {
  const folder = process.env["MEPROC_SCREENSHOTS"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage, animations: "disabled" });
}
