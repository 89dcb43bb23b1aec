/** The list of plugins, in Chromium, on the executable. */
import { describeInChromium } from "./chromium.ts";
import { pageTest } from "./page-test.ts";

const CONFIG = `
[[listeners]]
name = "reads"
command = "exec cat"

[[listeners]]
name = "cannot"
command = "exit 7"
max_restarts = 0
`;

describeInChromium("plugins in Chromium", () => {
  pageTest(
    "are listed with their state, and why they do not run",
    async ({ open }) => {
      const page = await open();
      const list = page.getByRole("region", { name: "Plugins" });
      const row = (name: string) => list.getByRole("listitem").filter({ hasText: name });
      await row("reads").getByText("running").waitFor();
      await row("cannot").getByText("failed").waitFor();
      await row("cannot").getByText("it exited with code 7").waitFor();
    },
    { config: CONFIG },
  );

  pageTest("are not spoken of where there are none", async ({ open }) => {
    const page = await open();
    await page.getByText("No task yet").waitFor();
    await page.getByRole("region", { name: "Plugins" }).waitFor({ state: "detached" });
  });
});
