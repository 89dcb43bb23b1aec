/** Logging in and out, and what each role is offered. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startService } from "../helpers/service.ts";
import { describeInChromium, open } from "./chromium.ts";

const TIMEOUT_MS = 60_000;
const PASSWORD = "correct horse battery";
/** A page that nobody has logged in to is told so. */
const tolerated = /401 \(Unauthorized\)/;

async function serve() {
  const service = await startService({ args: ["--auth", "token"] });
  const token = readFileSync(join(service.dataDir, "token"), "utf8").trim();
  const call = (path: string, body: unknown) =>
    fetch(`${service.url}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  await call("/tasks", { name: "web", cmd: "sleep 1000", type: "daemon" });
  return { service, token, call };
}

describeInChromium("with a token needed", () => {
  test(
    "the address in the banner opens the page, once, and leaves no token in the address",
    async () => {
      const { service, token } = await serve();
      const [, address = ""] = /^Open (http\S+)$/m.exec(service.terminal()) ?? [];
      expect(address).toEndWith(`/#token=${token}`);
      expect(service.log()).not.toContain(token);
      const { page, complaints } = await open(service.url, { path: `/#token=${token}` });
      await page.getByRole("button", { name: "Remove web" }).waitFor();
      expect(page.url()).toBe(`${service.url}/`);
      expect(await page.evaluate(() => document.cookie)).toBe("");
      await page.reload();
      await page.getByRole("button", { name: "Remove web" }).waitFor();
      await page.getByRole("button", { name: "first" }).click();
      await page.getByLabel("Name of the new token").fill("ci");
      await page.getByRole("button", { name: "Make" }).click();
      expect(await page.locator(".access-made code").textContent()).toMatch(
        /^mep_[0-9a-f]{16}_[0-9a-f]{64}$/,
      );
      await page.getByLabel("Name of the new user").fill("anna");
      await page.getByLabel("Password of the new user").fill(PASSWORD);
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByRole("button", { name: "Remove anna" }).click();
      await page.getByRole("button", { name: "Remove anna" }).waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      expect(complaints).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a viewer logs in with a password, is offered nothing that changes anything, and logs out",
    async () => {
      const { service, call } = await serve();
      await call("/users", { name: "vera", password: PASSWORD, role: "viewer" });
      const { page, complaints } = await open(service.url, { tolerated });
      await page.getByLabel("User").fill("vera");
      await page.getByLabel("Password").fill("a wrong password");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("User or password is wrong").waitFor();
      expect(await page.getByText("web", { exact: true }).count()).toBe(0);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("button", { name: "Output of web" }).waitFor();
      for (const name of ["New task", "Remove web", "Stop web", "Restart web"])
        expect(await page.getByRole("button", { name }).count()).toBe(0);
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByLabel("User").waitFor();
      expect(complaints).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a session that is ended elsewhere ends here",
    async () => {
      const { service, token } = await serve();
      const { page } = await open(service.url, { path: `/#token=${token}`, tolerated });
      await page.getByRole("button", { name: "Stop web" }).waitFor();
      const as = { headers: { authorization: `Bearer ${token}` } };
      const list = await fetch(`${service.url}/api/v1/sessions`, as);
      const { items } = (await list.json()) as { items: { id: string }[] };
      await fetch(`${service.url}/api/v1/sessions/${items[0]?.id}`, { ...as, method: "DELETE" });
      await page.getByRole("button", { name: "Stop web" }).click();
      await page.getByLabel("User").waitFor();
    },
    TIMEOUT_MS,
  );
});
