/** A test of the page on the real executable: it has a service and a folder of its own, and what it opens is watched. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { type Service, type ServiceOptions, startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { open, type Opened, type OpenOptions } from "./chromium.ts";

const TIMEOUT_MS = 60_000;

export interface PageTest {
  readonly service: Service;
  readonly folder: string;
  readonly open: (options?: OpenOptions) => Promise<Page>;
}

/** Fails also if a page has complained, or asked another host for anything. */
export function pageTest(
  name: string,
  body: (test: PageTest) => Promise<void>,
  options: ServiceOptions = {},
): void {
  test(
    name,
    async () => {
      const folder = temporaryFolder();
      const service = await startService({ folder, ...options });
      const opened: Opened[] = [];
      await body({
        service,
        folder,
        open: async (how) => {
          const one = await open(service.url, how);
          opened.push(one);
          return one.page;
        },
      });
      expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
    },
    TIMEOUT_MS,
  );
}
