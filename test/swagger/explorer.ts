/** Swagger UI, as a person uses it. */
import type { Locator, Page } from "playwright-core";
import { textOf } from "../page/parts.ts";
import { type Call, nameOf } from "./document.ts";

export interface Executed {
  readonly status: number;
  /** The answer's body, as it is shown. */
  readonly shown: string;
}

export const callBlock = (page: Page, { method, path }: Pick<Call, "method" | "path">): Locator =>
  page.locator(`.opblock-${method.toLowerCase()}`).filter({ has: page.locator(`[data-path="${path}"]`) });

/** Opens a call and presses Execute; every input stays as the document has filled it, but for those given. */
export async function execute(
  page: Page,
  call: Pick<Call, "method" | "path">,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Executed> {
  const block = callBlock(page, call);
  await block.locator(".opblock-summary-control").click();
  for (const [name, value] of Object.entries(inputs)) {
    const input = name === "body" ? ".body-param__text" : `[data-param-name="${name}"] input`;
    await block.locator(input).fill(value);
  }
  await block.getByRole("button", { name: "Execute" }).click();
  const answer = block.locator(".live-responses-table tbody .response").first();
  const status = Number.parseInt(await textOf(answer.locator(".response-col_status")), 10);
  if (!Number.isInteger(status)) throw new Error(`${nameOf({ ...call })} shows no status`);
  const shown = await textOf(answer.locator(".response-col_description"));
  await block.locator(".opblock-summary-control").click();
  return { status, shown };
}
