/** What is out of somebody's bounds is not there for him, whatever he asks. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { makeFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { type AccessApp, type As, serveAccess } from "./access-app.ts";

const folder = makeFolder();
let app: AccessApp;
let bounded: As;
let whole: As;

beforeAll(async () => {
  app = await serveAccess({ folder: folder.path });
  const token = (name: string, tasks?: string[]): As => ({
    bearer: app.accounts.createToken({ name, role: "operator", ...(tasks && { tasks }) }, "test").secret,
  });
  bounded = token("bounded", ["web-*"]);
  whole = token("whole");
});
afterAll(async () => {
  await app.close();
  folder.remove();
});

const asked = async (method: string, path: string, as: As) => {
  const response = await app.ask(method, path, { as });
  return { status: response.status, text: await response.text() };
};

test.each(["/proc", "/api/v1/tasks", "/api/v1/runs", "/api/v1/schedule?to=30d", "/api/v1/runs?task=db"])(
  "GET %s leaves it out",
  async (path) => {
    const { status, text } = await asked("GET", path, bounded);
    expect(status).toBe(200);
    expect(text).not.toContain("db");
  },
);

test("the lists have what is within", async () => {
  const names = async (path: string, as: As) => {
    const { items } = JSON.parse((await asked("GET", path, as)).text);
    return items.map((item: { name?: string; task?: string }) => item.name ?? item.task);
  };
  expect(await names("/api/v1/tasks", bounded)).toEqual(["web-1", "web-2"]);
  expect(await names("/api/v1/tasks", whole)).toEqual(["web-1", "web-2", "db"]);
  expect(await names("/api/v1/runs", bounded)).toEqual(["web-1", "web-2"]);
  expect(await names("/api/v1/runs?limit=1", bounded)).toEqual(["web-1"]);
  const counts = async (as: As) => JSON.parse((await asked("GET", "/api/v1/system", as)).text).counts.tasks;
  expect([await counts(bounded), await counts(whole)]).toEqual([2, 3]);
});

const OF_A_TASK = app_routes().filter((route) => route.includes(":name"));

/** The routes of one task that an operator may call. */
function app_routes(): string[] {
  const verbs = ["start", "stop", "restart", "reload", "run", "pause", "resume", "stdin"];
  const reads = ["", "/output", "/output/stream", "/output/files", "/output/files/x.log"];
  return [
    ...verbs.map((verb) => `POST /api/v1/tasks/:name/${verb}`),
    ...reads.map((path) => `GET /api/v1/tasks/:name${path}`),
  ];
}

test.each(OF_A_TASK)("%s answers as for a task that there is not", async (route) => {
  const [method = "", path = ""] = route.split(" ");
  const there = await asked(method, path.replace(":name", "db"), bounded);
  const absent = await asked(method, path.replace(":name", "no"), bounded);
  expect(there.status).toBe(404);
  expect(there.text.replaceAll("db", "no")).toBe(absent.text);
});

test.each([
  ["PUT", "/proc"],
  ["GET", "/proc/output"],
])("%s %s does so in the words of 1.x", async (method, path) => {
  const there = await asked(method, `${path}?name=db`, bounded);
  expect(there).toEqual(await asked(method, `${path}?name=no`, bounded));
  expect(there.status).toBe(403);
});

test("a run of it is none, nor is its output", async () => {
  for (const path of ["/api/v1/runs/run-db", "/api/v1/runs/run-db/output"]) {
    expect(await asked("GET", path, bounded)).toEqual(
      await asked("GET", path.replace("run-db", "run-no"), bounded),
    );
    expect((await asked("GET", path, whole)).status).toBe(200);
  }
});

test("what is done to all is done to those within", async () => {
  const { text } = await asked("POST", "/api/v1/tasks/stop?name=*", bounded);
  expect(JSON.parse(text).items.map(({ name }: { name: string }) => name)).toEqual(["web-1", "web-2"]);
  expect(app.supervisor.get("db").desired).toBe("running");
  expect(app.supervisor.get("web-1").desired).toBe("stopped");
});

test("facts tell who asked", async () => {
  const before = app.told.length;
  await asked("POST", "/api/v1/tasks/web-2/start", bounded);
  await asked("POST", "/api/v1/tasks/web-2/stop", bounded);
  const actors = app.told.slice(before).flatMap((fact) => ("actor" in fact ? [fact.actor] : []));
  expect(new Set(actors)).toEqual(new Set(["token:bounded"]));
});

describe("events", () => {
  const read = async (path: string, as: As, enough: (text: string) => boolean) => {
    const response = await app.ask("GET", path, { as });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    await until(async () => {
      if (enough(text)) return true;
      text += (await reader?.read())?.value ?? "";
      return enough(text);
    }, "enough has been told");
    await reader?.cancel();
    return text;
  };

  test("that were missed are those within", async () => {
    const text = await read("/api/v1/events?after=0", bounded, (all) => all.includes("web-2"));
    expect(text).toContain("web-1");
    expect(text).not.toContain("db");
  });

  test("that come are those within, and those about the service", async () => {
    const time = new Date().toISOString();
    const reading = read("/api/v1/events", bounded, (all) => {
      // published again and again until the stream hears it
      app.publish({ id: 10, time, kind: "task.created", task: "db" });
      app.publish({ id: 11, time, kind: "task.created", task: "web-9" });
      app.publish({ id: 12, time, kind: "store.failing", reason: "full" });
      return all.includes("web-9") && all.includes("store.failing");
    });
    expect(await reading).not.toContain('"db"');
  });
});
