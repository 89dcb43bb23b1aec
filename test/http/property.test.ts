/**
 * Every call of the document with bodies and parameters made of its own schemas, right and wrong: no answer is 500, each
 * is one that the document declares, and no secret comes back.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CODES } from "../../src/http/problem.ts";
import { makeAsker, type Question } from "../swagger/asker.ts";
import {
  type Call,
  callsOf,
  type Document,
  nameOf,
  type Parameter,
  readDocument,
} from "../swagger/document.ts";
import { serveApi } from "./api-app.ts";

const SECRET = "s3cret-that-nobody-shall-see";
/** Stands for the id of a run that there is. */
const RUN = "a-run";
const QUESTIONS = 800;
const BASE = [
  { name: "web", cmd: "true", type: "daemon", replica: 2, env: { KEY: SECRET }, labels: { tier: "web" } },
  { name: "job", cmd: "true", type: "once", stdin: "pipe", reload: { signal: "SIGHUP" } },
  { name: "nightly", cmd: ["true"], type: "cron", cron: "0 3 * * *" },
];
const NAMES = [...BASE.map(({ name }) => name), "absent", "../x", "a b", "%", "__proto__", "ä"];

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong nearly everywhere. What may be a secret is one. */
const garbage = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e308,
    0.5,
    "",
    " ",
    SECRET,
    "\0",
    "*".repeat(300),
    "../../x",
    "{index}",
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [SECRET],
    { [`x-${"y".repeat(80)}`]: SECRET },
    { __proto__: null, a: { b: SECRET } },
  ),
  fc.integer(),
  fc.string(),
);

/** Values that a schema of the document takes, or nearly. */
function valuesOf(document: Document, given: unknown): fc.Arbitrary<unknown> {
  const schema = resolved(document, given);
  const inner = (each: unknown) => sometimes(valuesOf(document, each), garbage);
  if (Array.isArray(schema["enum"])) return fc.constantFrom<unknown>(...schema["enum"]);
  if (Array.isArray(schema["anyOf"]))
    return fc.oneof(...schema["anyOf"].map((each) => valuesOf(document, each)));
  switch (schema["type"]) {
    case "object":
      return objectsOf(schema, inner);
    case "array":
      return fc.array(inner(schema["items"]), { maxLength: 3 });
    case "integer":
    case "number": {
      const least = Number(schema["minimum"] ?? 0);
      return fc.integer({ min: least, max: Math.min(Number(schema["maximum"] ?? 5000), least + 5000) });
    }
    case "boolean":
      return fc.boolean();
    default:
      return textsOf(schema);
  }
}

function objectsOf(schema: Schema, inner: (each: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = (schema["properties"] ?? {}) as Record<string, unknown>;
  const required = (schema["required"] ?? []) as string[];
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, inner(each)])),
    { requiredKeys: required },
  );
  const further = schema["additionalProperties"];
  const keys = fc.constantFrom("KEY", "tier", "__proto__", "a/b", "1", "x y");
  return typeof further === "object" ? fc.dictionary(keys, inner(further), { maxKeys: 2 }) : known;
}

function textsOf(schema: Schema): fc.Arbitrary<unknown> {
  const shown = typeof schema["example"] === "string" ? [schema["example"]] : [];
  return fc.constantFrom(
    ...shown,
    "web",
    "true",
    "* * * * *",
    "1h",
    "2026-11-22T12:00:00Z",
    "027",
    "UTC",
    "a=b",
  );
}

/** One in ten is otherwise, so that a body of many fields is right now and then. */
function sometimes<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: other });
}

function resolved(document: Document, schema: unknown): Schema {
  const { $ref } = schema as { $ref?: string };
  if ($ref === undefined) return schema as Schema;
  const all = (document as unknown as { components: { schemas: Record<string, Schema> } }).components.schemas;
  return all[$ref.split("/").at(-1) ?? ""] ?? {};
}

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function questionsOf(document: Document, call: Call): fc.Arbitrary<Question> {
  const { method, path, operation } = call;
  const parameters = operation.parameters ?? [];
  const named = (where: Parameter["in"]) =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((each) => each.in === where)
          .map((each) => [each.name, parameterOf(document, each)]),
      ),
      { requiredKeys: where === "path" ? undefined : [] } as { requiredKeys?: [] },
    );
  const [content] = Object.values(operation.requestBody?.content ?? {});
  const body: fc.Arbitrary<unknown> =
    content === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 12, arbitrary: withoutHarm(valuesOf(document, content.schema)) },
          { weight: 2, arbitrary: garbage },
          { weight: 1, arbitrary: fc.constantFrom("{", `{"a": "${SECRET}`, "[".repeat(9999), "\ufeff{}") },
        );
  return fc
    .record({ place: named("path"), query: named("query"), headers: named("header"), body })
    .map((made) => ({
      method,
      path: addressOf(path, made.place, made.query),
      headers: Object.fromEntries(
        Object.entries(made.headers).map(([name, value]) => [name, asText(value).replaceAll(/[^ -~]/g, "?")]),
      ),
      body: made.body,
    }));
}

/** Values that are about something, for the parameters of these names. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  name: NAMES,
  task: NAMES,
  id: [RUN, RUN, "nobody"],
  index: ["0", "0", "0", "1", "-1", SECRET],
  replica: ["0", "0", "0", "1", "7", SECRET],
  from: ["1h", "2026-11-22T12:00:00Z", SECRET],
  to: ["2d", "2026-11-24T12:00:00Z", SECRET],
  timeout_ms: ["0", "5", "5", "-1", SECRET],
  follow: ["0", "false"],
};

function parameterOf(document: Document, { name, schema, example }: Parameter): fc.Arbitrary<unknown> {
  const telling = TELLING[name];
  if (telling !== undefined) return fc.constantFrom(...telling);
  const right = example === undefined ? valuesOf(document, schema) : fc.constant(example);
  return fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: garbage });
}

/** Names that come up again and again, so that the calls are about something. */
function withoutHarm(bodies: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(bodies, fc.constantFrom(...NAMES), fc.boolean(), fc.boolean())
    .map(([body, name, plain, unnamed]) => {
      if (typeof body !== "object" || body === null || Array.isArray(body) || !("cmd" in body)) return body;
      // without a name it is right for every path, and for none that takes its name from the body
      const { name: _, ...rest } = body as { name?: unknown };
      const whole = plain ? { cmd: "true", type: "daemon", env: { KEY: SECRET } } : rest;
      return unnamed ? whole : { ...whole, name };
    });
}

function addressOf(path: string, place: Record<string, unknown>, query: Record<string, unknown>): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(asText(place[key]) || "x"),
  );
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value]) given.append(key, asText(each));
  return given.size === 0 ? filled : `${filled}?${given}`;
}

describe("whatever is asked", () => {
  test("the answer is one that the document declares, never 500, and tells no secret", async () => {
    const { url, supervisor, clock, log, store } = await serveApi();
    const document = await readDocument(url);
    const succeeded = new Set<string>();
    let heard = "";
    const asker = makeAsker(url, document, (text, status, type) => {
      heard = text;
      if (type !== "application/problem+json") return;
      const { code, status: said } = JSON.parse(text) as { code: string; status: number };
      expect(CODES as readonly string[]).toContain(code);
      expect(said).toBe(status);
    });
    const calls = callsOf(document);
    const questions = fc
      .constantFrom(...calls)
      .chain((call) => questionsOf(document, call).map((question) => ({ call, question })));
    const property = fc.asyncProperty(questions, async ({ call, question }) => {
      heard = "";
      for (const each of BASE)
        if (!supervisor.list().some(({ task }) => task.name === each.name)) void supervisor.define(each);
      const [run] = store.runs({ limit: 1 }).items;
      const path = question.path.replace(RUN, run?.run ?? "nobody");
      const asked = asker.ask({ ...question, path });
      // what is waited for comes, or is over
      let settled = false;
      void asked.then(
        () => (settled = true),
        () => (settled = true),
      );
      while (!settled) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(10);
      }
      const status = await asked;
      if (status < 300) succeeded.add(nameOf(call));
      expect(status).not.toBe(500);
      expect(status >= 400 || !isShownElsewhere(heard) ? heard : "").not.toContain(SECRET);
    });
    await fc.assert(property, { numRuns: QUESTIONS });
    expect(log.filter((line) => line.includes("failed:"))).toEqual([]);
    // what is made is not all refused
    expect(succeeded.size).toBeGreaterThan(calls.length / 2);
  }, 120_000);
});

/** What is no secret in one field may read like that of another. */
function isShownElsewhere(text: string): boolean {
  return text.split(/"env":\{[^}]*\}/).some((part) => part.includes(SECRET));
}
