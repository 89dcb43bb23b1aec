/** The parts of the page, as a person finds them: by what they are and what they are called. */
import type { Locator, Page } from "playwright-core";

export interface Definition {
  readonly name: string;
  readonly cmd: string;
  readonly type?: "once" | "daemon" | "cron" | "coroutine";
  readonly fields?: Readonly<Record<string, string>>;
}

export const rowOf = (page: Page, task: string): Locator => page.locator(`tr.task[data-task="${task}"]`);
export const badgeOf = (page: Page, task: string, word: string): Locator =>
  rowOf(page, task).locator(".badge").getByText(word, { exact: true });
export const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true });
export const dialogOf = (page: Page): Locator => page.getByRole("dialog");
export const fieldOf = (page: Page, key: string): Locator => page.locator(`[data-field="${key}"]`);
export const problemOf = (page: Page, key: string): Locator => fieldOf(page, key).locator(".field-problem");
export const linesOf = (page: Page): Locator => page.getByRole("log", { name: "Output" }).locator(".line");
export const lineOf = (page: Page, text: string): Locator => linesOf(page).getByText(text, { exact: true });

/** The text as it stands in the document, whatever the styles make of it. */
export async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? "";
}

/** Fills the form as a person does; it is not sent. */
export async function fillNewTask(page: Page, { name, cmd, type, fields = {} }: Definition): Promise<void> {
  await button(page, "New task").click();
  await fieldOf(page, "name").locator("input").fill(name);
  await fieldOf(page, "cmd").locator("input").fill(cmd);
  if (type !== undefined) await page.getByRole("radio", { name: type, exact: true }).check();
  for (const [key, value] of Object.entries(fields)) await fieldOf(page, key).locator("input").fill(value);
}

/** Creates a task through the form, and waits until the list has it. */
export async function createTask(page: Page, definition: Definition): Promise<void> {
  await fillNewTask(page, definition);
  await button(page, "Create task").click();
  await rowOf(page, definition.name).waitFor();
}

/** Opens the row of a task. */
export async function expand(page: Page, task: string): Promise<void> {
  await rowOf(page, task).getByRole("button", { name: task, exact: true, expanded: false }).click();
}

export interface ShownProcess {
  readonly alias: string;
  readonly state: string;
  readonly pid: number;
}

/** What an opened row says of its processes. */
export async function processesOf(page: Page, task: string): Promise<ShownProcess[]> {
  const rows = await page
    .getByRole("table", { name: `Processes of ${task}` })
    .locator("tbody tr")
    .all();
  return Promise.all(
    rows.map(async (row) => ({
      alias: await textOf(row.getByRole("rowheader")),
      state: await textOf(row.locator(".badge-word")),
      pid: Number(await textOf(row.locator('[data-label="PID"]'))),
    })),
  );
}

export async function openOutput(page: Page, task: string): Promise<void> {
  await rowOf(page, task)
    .getByRole("button", { name: `Output of ${task}`, exact: true })
    .click();
}

export async function searchOutput(page: Page, text: string): Promise<void> {
  await page.getByRole("searchbox", { name: "Search the output" }).fill(text);
  await page.keyboard.press("Enter");
}

/** What the focus is on, by its accessible name or its text. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}
