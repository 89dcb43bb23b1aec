/** Chromium for the browser tests: one for a file, a context of its own for each page that is opened. */
import { afterAll, describe } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { whenDone } from "../helpers/cleanup.ts";

const CHROMIUM = "/usr/bin/chromium";
const PATIENCE_MS = 20_000;
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
/** Whatever asks for another host finds none: the page has to do without a network. */
const NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1";

/** A suite that is skipped, and says why, where there is no Chromium. */
export function describeInChromium(name: string, body: () => void): void {
  const missing = !existsSync(CHROMIUM);
  const reason = missing ? ` (skipped: there is no ${CHROMIUM})` : "";
  describe.skipIf(missing)(`${name}${reason}`, () => {
    afterAll(closeBrowser);
    body();
  });
}

export interface OpenOptions {
  readonly width?: number;
  readonly dark?: boolean;
  readonly path?: string;
  /** Lines of the console that the test brings about itself, such as a refused request. */
  readonly tolerated?: RegExp;
}

export interface Opened {
  readonly page: Page;
  /** What should not have been: errors, warnings, requests to another origin. */
  readonly complaints: readonly string[];
}

/** Opens a page of the service, for the test that is running. */
export async function open(origin: string, options: OpenOptions = {}): Promise<Opened> {
  const { width = 1440, dark = false, path = "/", tolerated } = options;
  const browser = await theBrowser();
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 900 },
    colorScheme: dark ? "dark" : "light",
    deviceScaleFactor: width < 500 ? 2 : 1,
    timezoneId: "UTC",
    locale: "en-GB",
  });
  whenDone(() => (browser.isConnected() ? context.close() : undefined));
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = listen(context, origin, tolerated);
  const page = await context.newPage();
  await page.goto(`${origin}${path}`);
  return { page, complaints };
}

function listen(context: BrowserContext, origin: string, tolerated: RegExp | undefined): string[] {
  const complaints: string[] = [];
  context.on("console", (message) => {
    const text = message.text();
    if (!["error", "warning"].includes(message.type()) || tolerated?.test(text)) return;
    complaints.push(`${message.type()}: ${text}`);
  });
  context.on("weberror", (error) => complaints.push(`uncaught: ${error.error().message}`));
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) complaints.push(`asked ${url}`);
  });
  return complaints;
}

let launched: Promise<Browser> | null = null;

/** The one that runs; another if it has died, so that one failure is not followed by others. */
async function theBrowser(): Promise<Browser> {
  const running = await launched;
  if (running?.isConnected()) return running;
  launched = chromium.launch({ executablePath: CHROMIUM, args: [...ARGS, NO_OTHER_HOST] });
  return launched;
}

async function closeBrowser(): Promise<void> {
  const browser = await launched;
  launched = null;
  await browser?.close();
}
