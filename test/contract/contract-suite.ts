/**
 * The wire contract of Meproc 1.x as one suite over a base URL. It runs against our service in process and as an
 * executable, and against any other server that is given it: everything is asked over HTTP, and the processes are
 * watched through files, so that server has to be on this machine.
 */
import { afterAll, afterEach, beforeAll, describe, setDefaultTimeout } from "bun:test";
import { legacyClient } from "../helpers/legacy-client.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";
import type { Contract, Target } from "./contract.ts";
import { answerRows } from "./answer-rows.ts";
import { depsRows } from "./deps-rows.ts";
import { errorRows } from "./error-rows.ts";
import { fieldRows } from "./field-rows.ts";
import { lifeRows } from "./life-rows.ts";
import { outputRows } from "./output-rows.ts";
import { requestRows } from "./request-rows.ts";
import { robustnessRows } from "./robustness-rows.ts";

export function contractSuite(name: string, start: (folder: string) => Promise<Target>): void {
  describe(`the 1.x contract, ${name}`, () => {
    setDefaultTimeout(20_000);
    const folder = makeFolder();
    let target: Target | null = null;
    let count = 0;
    const known = (): Target => {
      if (target === null) throw new Error("The server has not been started");
      return target;
    };
    const contract: Contract = {
      folder: folder.path,
      get baseUrl() {
        return known().baseUrl;
      },
      get client() {
        return legacyClient(known().baseUrl);
      },
      unique: (word) => `${word}-${process.pid}-${++count}`,
    };

    beforeAll(async () => {
      target = await start(folder.path);
    });
    afterEach(() => removeOurs(contract));
    afterAll(async () => {
      await target?.close();
      folder.remove();
    });

    requestRows(contract);
    fieldRows(contract);
    lifeRows(contract);
    depsRows(contract);
    answerRows(contract);
    outputRows(contract);
    errorRows(contract);
    robustnessRows(contract);
  });
}

/** The tasks that this suite has made, by their names. */
async function removeOurs({ client }: Contract): Promise<void> {
  const names = Object.keys((await client.list()).tasks).filter((name) => name.includes(`-${process.pid}-`));
  await Promise.all(names.map((name) => client.remove(name)));
}
