/** The list as the page asks for it: one task by its name, and none is no error. */
import { expect, test } from "bun:test";
import { whenDone } from "../helpers/cleanup.ts";
import { serveInProcess } from "../helpers/in-process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

test("the list of tasks can be asked for one name, and a task that is not there makes it empty", async () => {
  const { baseUrl, close } = await serveInProcess(temporaryFolder());
  whenDone(close);
  for (const name of ["one", "größe"]) {
    const body = JSON.stringify({ name, cmd: "exec sleep 1234", type: "daemon" });
    expect((await fetch(`${baseUrl}/api/v1/tasks`, { method: "POST", body })).status).toBe(201);
  }
  const names = async (query: string) => {
    const response = await fetch(`${baseUrl}/api/v1/tasks${query}`);
    const { items } = (await response.json()) as { items: { name: string }[] };
    return items.map(({ name }) => name);
  };
  expect(await names("")).toEqual(["one", "größe"]);
  expect(await names(`?name=${encodeURIComponent("größe")}`)).toEqual(["größe"]);
  expect(await names("?name=on")).toEqual([]);
});
