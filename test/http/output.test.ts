import { describe, expect, test } from "bun:test";
import { MeprocError } from "../../src/domain/errors.ts";
import { until } from "../helpers/until.ts";
import { NOW, serveOutput } from "./output-app.ts";

const linesOf = (text: string) => text.trimEnd().split("\n");
const problemOf = async (response: Response) => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { status, errors, code, detail } = (await response.json()) as Record<string, unknown>;
  expect(status).toBe(response.status);
  return { status, errors, code, detail };
};

describe("output without a word about which", () => {
  test("is the newest page of a task with one replica, its place in the headers", async () => {
    const { ask } = await serveOutput();
    const response = await ask("/tasks/one/output");
    expect(await response.text()).toBe("one:0 null 65536\n");
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    const place = ["from", "to", "more"].map((name) => response.headers.get(`meproc-output-${name}`));
    expect(place).toEqual(["2026-11-22:5", "2026-11-22:9", "true"]);
  });

  test("is a page of the replica that is named, back to a position, as text for who wants text", async () => {
    const { ask } = await serveOutput();
    const query = "replica=1&before=2026-11-22:7&bytes=10";
    const response = await ask(`/tasks/web/output?${query}`, { headers: { accept: "text/plain" } });
    expect(await response.text()).toBe("web:1 2026-11-22:7 10\n");
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  test("is the newest lines of all replicas, as far as the bytes go", async () => {
    const { ask, output } = await serveOutput();
    for (const n of [1, 2, 3, 4]) output.write(`web:${n % 2}`, `line ${n}\n`);
    expect(await (await ask("/tasks/web/output?bytes=15")).text()).toBe("line 3\nline 4\n");
    expect(output.asked).toMatchObject([{ aliases: ["web:0", "web:1"], tail: 1000, grep: null }]);
  });

  test("is JSON, a line each, for who asks for that", async () => {
    const { json, output } = await serveOutput();
    output.write("one:0", "a\n", { time: NOW });
    output.write("one:0", "b\xff", { time: null, stream: null, run: null });
    const response = await json("/tasks/one/output");
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(linesOf(await response.text()).map((line) => JSON.parse(line))).toEqual([
      { time: "2026-11-22T12:00:00.000Z", stream: "stdout", run: "r1", replica: 0, text: "a" },
      { time: null, stream: null, run: null, replica: 0, text: "b\xff" },
    ]);
  });
});

describe("a query", () => {
  test("is handed on as it was meant", async () => {
    const { ask, output } = await serveOutput();
    const query = "since=15m&until=2026-11-22T12:00:00%2B00:00&tail=5&limit=3&stream=stderr&run=r7";
    const response = await ask(`/tasks/web/output?${query}&grep=%5Eerr&ignore_case=1`);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(output.asked).toEqual([
      {
        aliases: ["web:0", "web:1"],
        since: NOW - 900_000,
        until: NOW,
        tail: 5,
        limit: 3,
        stream: "stderr",
        run: "r7",
        grep: /^err/i,
      },
    ]);
  });

  test.each([
    ["replica=2", "/replica", "expected an integer from 0 to 1"],
    ["stream=both", "/stream", "expected one of stdout, stderr"],
    ["tail=-1", "/tail", "expected an integer from 0 to 1000000"],
    ["limit=0", "/limit", "expected an integer from 1 to 1000000"],
    [
      "since=yesterday",
      "/since",
      "expected a time of RFC 3339 such as 2026-11-22T12:00:00Z, or how long ago such as 15m, 2h or 3d",
    ],
    ["since=1h&until=2h", "/until", "expected a time after that of since"],
    ["run=", "/run", "expected the id of a run"],
    ["ignore_case=yes", "/ignore_case", "expected one of 1, true, 0, false"],
    ["follow=maybe", "/follow", "expected one of 1, true, 0, false"],
    ["follow=1&since=1h", "/since", "not together with follow"],
    ["follow=1&grep=x", "/grep", "not together with follow"],
    ["tail=1&before=2026-11-22:5", "/before", "not together with tail"],
    ["tail=1&bytes=5", "/bytes", "not together with tail"],
    ["before=2026-11-22:5", "/before", "only the bytes of one replica have pages: replica says of which"],
    ["replica=0&before=now", "/before", "expected a position such as 2026-11-22:4096"],
    ["replica=0&bytes=0", "/bytes", "expected an integer from 1 to 67108864"],
  ])("%s is refused with its place and what was expected", async (query, path, message) => {
    const { ask } = await serveOutput();
    const { status, errors } = await problemOf(await ask(`/tasks/web/output?${query}`));
    expect([status, errors]).toEqual([400, [{ path, message }]]);
  });

  test("with an expression that is none is told why", async () => {
    const { ask } = await serveOutput();
    const { status, errors } = await problemOf(await ask("/tasks/web/output?grep=(a"));
    expect(status).toBe(400);
    expect(JSON.stringify(errors)).toContain("expected a regular expression in the syntax of JavaScript: ");
    const long = await problemOf(await ask(`/tasks/web/output?grep=${"a".repeat(1001)}`));
    expect(JSON.stringify(long.errors)).toContain("of at most 1000 characters");
  });

  test("that takes too long is answered in words", async () => {
    const { ask, output } = await serveOutput();
    output.failure = new MeprocError("timeout", "The search took longer than 10 s");
    const { status, code, detail } = await problemOf(await ask("/tasks/web/output?grep=a"));
    expect([status, code, detail]).toEqual([504, "timeout", "The search took longer than 10 s"]);
  });

  test("that breaks in the middle is cut off, and the log says so", async () => {
    const { ask, output, log } = await serveOutput();
    output.write("one:0", "first\n");
    output.failure = new Error("the disk is gone");
    const whole = ask("/tasks/one/output?tail=5").then((response) => response.text());
    expect(whole).rejects.toThrow();
    await until(() => log.length > 0, "the log says so");
    expect(log).toEqual(["GET /api/v1/tasks/one/output was cut off: the disk is gone"]);
  });
});

describe("the output of a run", () => {
  test("is all of it, also of a task that is no more", async () => {
    const { json, output } = await serveOutput();
    output.write("gone:2", "a\n");
    expect(JSON.parse(await (await json("/runs/r1/output")).text())).toMatchObject({ replica: 2, text: "a" });
    expect(output.asked).toMatchObject([{ aliases: ["gone:2"], run: "r1", tail: null }]);
  });

  test("is none of a run that there is not", async () => {
    const { ask } = await serveOutput();
    expect(await problemOf(await ask("/runs/r2/output"))).toMatchObject({ status: 404, code: "not_found" });
    expect(await problemOf(await ask("/runs/r1/output?before=2026-11-22:1"))).toMatchObject({ status: 400 });
  });
});

describe("following", () => {
  const reader = (response: Response) => {
    const body = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    const upTo = async (end: string) => {
      while (!text.includes(end)) text += decoder.decode((await body?.read())?.value, { stream: true });
      return text;
    };
    return { upTo, leave: () => body?.cancel() };
  };

  test("one replica is hearing its bytes as they come, also without a line's end", async () => {
    const { ask, output } = await serveOutput();
    output.tell("one:0", "old\n");
    const { upTo, leave } = reader(await ask("/tasks/one/output?follow=1&tail=3&stream=stdout"));
    await upTo("old\n");
    output.tell("one:0", "Password: ");
    expect(await upTo("word: ")).toBe("old\nPassword: ");
    expect(output.followed).toMatchObject([
      { query: { aliases: ["one:0"], stream: "stdout", run: null }, from: { tail: 3 } },
    ]);
    await leave();
    await until(() => output.followers === 0, "nobody follows");
  });

  test("several is hearing whole lines of each", async () => {
    const { ask, output } = await serveOutput();
    const answer = ask("/tasks/web/output?follow=true");
    output.tell("web:0", "he");
    output.tell("web:1", "other\nun");
    output.tell("web:0", "llo\n");
    const { upTo, leave } = reader(await answer);
    expect(await upTo("hello\n")).toBe("other\nhello\n");
    expect(output.followed[0]?.from).toEqual({ tail: 10 });
    await leave();
  });

  test("as JSON tells of what was passed over", async () => {
    const { json, output } = await serveOutput();
    const answer = json("/tasks/one/output?follow=1");
    output.tell("one:0", "cut");
    output.tell("one:0", "new\n", { missed_bytes: 1_234_567, time: NOW });
    const { upTo, leave } = reader(await answer);
    const lines = linesOf(await upTo('"new"}\n')).map((line) => JSON.parse(line) as { text: string });
    expect(lines.map(({ text }) => text)).toEqual([
      "cut",
      "… 1,234,567 bytes passed over: they came too fast",
      "new",
    ]);
    await leave();
  });

  test("without taking what comes reads nothing ahead", async () => {
    const { ask, output } = await serveOutput();
    const answer = ask("/tasks/one/output?follow=1");
    for (let i = 0; i < 1000; i++) output.tell("one:0", "x".repeat(100_000));
    const response = await answer;
    const taken = output.taken;
    expect(await (await ask("/tasks/one/output")).text()).toContain("one:0");
    expect(taken).toBeLessThan(500);
    await response.body?.cancel();
    await until(() => output.followers === 0, "nobody follows");
  });

  test("events carry who wrote, when, and the place to resume from", async () => {
    const { ask, output } = await serveOutput();
    const { upTo, leave } = reader(await ask("/tasks/web/output/stream?run=r1"));
    output.tell("web:1", "hi\n", { time: NOW, missed_bytes: 7 });
    const text = await upTo("aGkK");
    expect(text).toContain('event: gap\ndata: {"replica":1,"missed_bytes":7}\n\n');
    const data = '{"time":"2026-11-22T12:00:00.000Z","stream":"stdout","run":"r1","replica":1,"data":"aGkK"}';
    expect(text).toContain(`id: 2026-11-22:1\nevent: output\ndata: ${data}`);
    await leave();
    await until(() => output.followers === 0, "nobody follows");
  });

  test.each([
    ["", {}, { tail: 0 }],
    ["?tail=7", {}, { tail: 7 }],
    ["?after=2026-11-22:5,9", {}, { after: "2026-11-22:5,9" }],
    [
      "?after=2026-11-22:5",
      { "last-event-id": "2026-11-22:8,2026-11-21:1" },
      { after: "2026-11-22:8,2026-11-21:1" },
    ],
    ["?tail=7", { "last-event-id": "nonsense" }, { tail: 7 }],
  ])("events with %j and %j begin at %j", async (query, headers, from) => {
    const { ask, output } = await serveOutput();
    const response = await ask(`/tasks/web/output/stream${query}`, { headers });
    await until(() => output.followed.length > 0, "it is followed");
    expect(output.followed[0]?.from).toEqual(from);
    await response.body?.cancel();
  });

  test.each(["after=now", "after=5", "after=2026-11-22:1&tail=1", "tail=x", "stream=x", "replica=9"])(
    "events are refused with %s",
    async (query) => {
      const { ask } = await serveOutput();
      expect((await problemOf(await ask(`/tasks/web/output/stream?${query}`))).status).toBe(400);
    },
  );

  test("is begun by no HEAD", async () => {
    const { ask, output } = await serveOutput();
    for (const path of ["output?follow=1", "output/stream", "output?tail=1"]) {
      const response = await ask(`/tasks/one/${path}`, { method: "HEAD" });
      expect([path, response.status, await response.text()]).toEqual([path, 200, ""]);
    }
    expect([output.followed, output.asked]).toEqual([[], []]);
  });
});

describe("clearing", () => {
  test("is of all replicas, or of one", async () => {
    const { ask, output } = await serveOutput();
    expect((await ask("/tasks/web/output?replica=1", { method: "DELETE" })).status).toBe(204);
    expect((await ask("/tasks/web/output", { method: "DELETE" })).status).toBe(204);
    expect(output.cleared).toEqual(["web:1", "web:0", "web:1"]);
  });

  test("is not for a page of another origin", async () => {
    const { ask, output } = await serveOutput();
    const headers = { origin: "http://example.org" };
    expect((await ask("/tasks/web/output", { method: "DELETE", headers })).status).toBe(403);
    expect(output.cleared).toEqual([]);
  });
});

test("what a task asks for of its output is in its view, and in none of 1.x", async () => {
  const { ask, url } = await serveOutput();
  expect(await (await ask("/tasks/one")).json()).toMatchObject({ log: { max_bytes: 5000 } });
  expect(await (await ask("/tasks/web")).json()).toMatchObject({ log: null });
  expect(await (await fetch(`${url}/proc`)).text()).not.toContain('"log"');
});

test("the service says that output is being lost", async () => {
  const { ask } = await serveOutput();
  expect(await (await ask("/system")).json()).toMatchObject({
    output_trouble: "web:0: no space left on device",
  });
});
