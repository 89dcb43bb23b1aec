/**
 * The contract against a server that runs already, on this machine:
 * `MEPROC_CONTRACT_URL=http://127.0.0.1:8606 bun test test/contract/any-server.test.ts`
 */
import { test } from "bun:test";
import { contractSuite } from "./contract-suite.ts";

const url = process.env["MEPROC_CONTRACT_URL"];

if (url)
  contractSuite(`at ${url}`, async () => ({ baseUrl: url.replace(/\/$/, ""), close: async () => undefined }));
else test.skip("the 1.x contract at MEPROC_CONTRACT_URL, which is not set", () => undefined);
