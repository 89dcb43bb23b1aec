/** What is given as an example is taken as it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { parseTask } from "../../src/supervisor/admission.ts";
import { planSet } from "../../src/supervisor/plan.ts";

const example = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dir, "../../conf/examples", name), "utf8"));

test("the task and the set of conf/examples", () => {
  expect(parseTask(example("web.json")).name).toBe("web");
  expect(planSet(example("shop.json"), new Map()).tasks.map(({ task }) => task.name)).toEqual([
    "migrate",
    "web",
    "report",
  ]);
});
