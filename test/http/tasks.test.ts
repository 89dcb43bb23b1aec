import { describe, expect, test } from "bun:test";
import type { TaskDetails, TaskView } from "../../src/http/task-view.ts";
import { turn } from "../fakes/supervisor.ts";
import { until } from "../helpers/until.ts";
import { serveApi } from "./api-app.ts";

const WEB = { name: "web", cmd: "true", type: "daemon", labels: { tier: "web" }, env: { KEY: "secret" } };
const bodyOf = async <T>(response: Response) => (await response.json()) as T;
const namesOf = async (response: Response) => {
  const { items, next_cursor } = await bodyOf<{ items: TaskView[]; next_cursor: string | null }>(response);
  return { names: items.map(({ name }) => name), next_cursor };
};

describe("the list of tasks", () => {
  test("is cut into pages in the order of definition; a task of the cursor that is gone harms nothing", async () => {
    const { ask, supervisor, clock } = await serveApi();
    for (const name of ["c", "a", "d", "b", "e"]) {
      clock.advance(1);
      await supervisor.define({ name, cmd: "true", type: "once" });
    }
    const first = await namesOf(await ask("/tasks?limit=2"));
    expect(first.names).toEqual(["c", "a"]);
    const after = async () => namesOf(await ask(`/tasks?limit=2&cursor=${first.next_cursor}`));
    expect((await after()).names).toEqual(["d", "b"]);
    await supervisor.remove("a");
    const second = await after();
    expect(second.names).toEqual(["d", "b"]);
    const last = await namesOf(await ask(`/tasks?limit=2&cursor=${second.next_cursor}`));
    expect(last).toEqual({ names: ["e"], next_cursor: null });
    expect((await namesOf(await ask("/tasks"))).names).toEqual(["c", "d", "b", "e"]);
  });

  test("is chosen from by label, glob and state", async () => {
    const { ask, supervisor } = await serveApi();
    await supervisor.define(WEB);
    await supervisor.define({ ...WEB, name: "web-2", labels: { tier: "web", old: "yes" } });
    await supervisor.define({ ...WEB, name: "mail", labels: {}, autostart: false });
    const chosen = async (query: string) => (await namesOf(await ask(`/tasks?${query}`))).names;
    expect(await chosen("label=tier=web")).toEqual(["web", "web-2"]);
    expect(await chosen("label=tier=web&label=old")).toEqual(["web-2"]);
    expect(await chosen("name=web*&label=tier")).toEqual(["web", "web-2"]);
    expect(await chosen("name=web")).toEqual(["web"]);
    expect(await chosen("state=stopped")).toEqual(["mail"]);
    for (const query of ["label=", "label==x", "name=", "cursor=nonsense"])
      expect([query, (await ask(`/tasks?${query}`)).status]).toEqual([query, 400]);
  });
});

describe("a task", () => {
  test("never shows a value of env, in no answer", async () => {
    const { ask, send } = await serveApi();
    const made = await send("POST", "/tasks", WEB);
    const answers = [
      made,
      await ask("/tasks"),
      await ask("/tasks/web"),
      await send("PATCH", "/tasks/web", {}),
    ];
    for (const answer of answers) {
      const text = await answer.text();
      expect(text).toContain('"env":{"KEY":"***"}');
      expect(text).not.toContain("secret");
    }
  });

  test("given back as it was shown is what it was", async () => {
    const { send, supervisor } = await serveApi();
    await send("POST", "/tasks", WEB);
    const put = await send("PUT", "/tasks/web", { ...WEB, env: { KEY: "***" } });
    expect([put.status, put.headers.get("etag")]).toEqual([200, '"1"']);
    expect(supervisor.get("web").task.env).toEqual({ KEY: "secret" });
  });

  test("is changed only at the revision that was looked at", async () => {
    const { send } = await serveApi();
    const made = await send("PUT", "/tasks/web", WEB);
    expect([made.status, made.headers.get("etag")]).toEqual([201, '"1"']);
    const changed = await send("PATCH", "/tasks/web", { description: "a" }, { "if-match": '"1"' });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
    for (const method of ["PATCH", "PUT", "DELETE"]) {
      const late = await send(method, "/tasks/web", method === "DELETE" ? undefined : WEB, {
        "if-match": '"1"',
      });
      expect([late.status, (await bodyOf<{ code: string }>(late)).code]).toEqual([412, "conflict"]);
    }
    expect((await send("PATCH", "/tasks/web", {}, { "if-match": '"9", "2"' })).status).toBe(200);
    expect((await send("PUT", "/tasks/new", WEB, { "if-match": "*" })).status).toBe(412);
    expect((await send("DELETE", "/tasks/web", undefined, { "if-match": "*" })).status).toBe(204);
  });

  test("tells why it does not run, its newest facts, and, if asked, what it uses", async () => {
    const { ask, supervisor, tell } = await serveApi();
    await supervisor.define(WEB);
    await turn();
    for (let n = 0; n < 25; n++) tell({ kind: "task.started", task: "web", user: null, group: null });
    tell({ kind: "task.stopped", task: "other" });
    const running = await bodyOf<TaskDetails>(await ask("/tasks/web?usage=true"));
    expect(running.why).toBeNull();
    expect(running.facts.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => i + 6));
    expect(running.facts[0]).toMatchObject({ from: null, to: null, reason: null, actor: null, alias: null });
    expect(running.usage).toEqual([
      {
        alias: "web:0",
        index: 0,
        usage: { processes: 1, threads: 1, rss_bytes: 4096, cpu_ms: 1, open_files: 3 },
      },
    ]);
    await supervisor.stop("web");
    const stopped = await bodyOf<TaskDetails>(await ask("/tasks/web"));
    expect(stopped.why).toBe("It is stopped, until somebody starts it.");
    expect(stopped).not.toHaveProperty("usage");
  });
});

describe("what is done with tasks", () => {
  test("is answered when it has come to be as was asked, or with where it stands", async () => {
    const { send, engine, clock } = await serveApi();
    const exited = send("POST", "/tasks?wait=exited", { ...WEB, type: "once" });
    await until(() => engine.of("web").length === 1, "it runs");
    await turn();
    engine.one("web").exit(0);
    expect(await bodyOf<TaskView>(await exited)).toMatchObject({ state: "exited" });
    const late = send("POST", "/tasks/web/start?wait=stopped&timeout_ms=500");
    const settled = late.then(() => true);
    while (!(await Promise.race([settled, new Promise((resolve) => setImmediate(() => resolve(false)))])))
      clock.advance(100);
    expect(await bodyOf<object>(await late)).toMatchObject({
      status: 504,
      code: "timeout",
      detail: "web is not stopped: web:0 is running",
    });
  });

  test("is done to all that are chosen, and told of each", async () => {
    const { send, supervisor } = await serveApi();
    await supervisor.define(WEB);
    await supervisor.define({ ...WEB, name: "later", deps: [{ task: "absent", condition: "healthy" }] });
    await supervisor.define({ ...WEB, name: "other", labels: {} });
    const answer = await send("POST", "/tasks/restart?label=tier=web&wait=running&timeout_ms=0");
    const { items } = await bodyOf<{ items: { name: string; problem: { code: string } | null }[] }>(answer);
    expect(items.map(({ name, problem }) => [name, problem?.code ?? null])).toContainEqual([
      "later",
      "timeout",
    ]);
    expect(items.map(({ name }) => name)).toEqual(["web", "later"]);
    expect((await send("POST", "/tasks/stop")).status).toBe(400);
    await send("POST", "/tasks/stop?name=*");
    expect(supervisor.list().map(({ desired }) => desired)).toEqual(["stopped", "stopped", "stopped"]);
  });

  test("a wrong parameter changes nothing", async () => {
    const { send, supervisor } = await serveApi();
    await supervisor.define(WEB);
    for (const query of ["wait=soon", "timeout_ms=x", "index=-1"])
      expect((await send("POST", `/tasks/web/stop?${query}`)).status).toBe(400);
    expect((await send("POST", "/tasks/web/restart?rolling=1&index=0")).status).toBe(400);
    expect(supervisor.get("web").desired).toBe("running");
  });
});

test("methods that a path does not take are told, with those that it takes", async () => {
  const { ask } = await serveApi();
  const cases = [
    ["/tasks/web", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"],
    ["/tasks/web/reload", "OPTIONS, POST"],
    ["/apply", "OPTIONS, POST"],
    ["/schedule", "GET, HEAD, OPTIONS"],
  ] as const;
  for (const [path, allowed] of cases) {
    const options = await ask(path, { method: "OPTIONS" });
    const sorted = (options.headers.get("allow") ?? "").split(", ").sort().join(", ");
    expect([path, options.status, sorted]).toEqual([path, 204, allowed]);
    const refused = await ask(path, { method: "LINK" });
    expect([path, refused.status, refused.headers.get("content-type")]).toEqual([
      path,
      405,
      "application/problem+json",
    ]);
  }
  expect((await ask("/tasks", { method: "HEAD" })).status).toBe(200);
});
