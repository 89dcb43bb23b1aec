import { describe, expect, test } from "bun:test";
import { ProblemError } from "../../public/api/http.ts";
import type { Schema } from "../../public/api/definition-schema.ts";
import { fieldsOf } from "../../public/form/fields.ts";
import { NO_PROBLEMS, problemsOf, withoutField } from "../../public/form/problems.ts";
import { bodyOf, fieldsFor, type Values } from "../../public/form/values.ts";

const SCHEMA: Schema = {
  required: ["type"],
  properties: {
    type: { enum: ["once", "cron"] },
    cron: { type: "string" },
    replica: { type: "integer" },
    flag: { type: "boolean" },
    deps: { type: "array", items: { type: "string" } },
    env: { type: "object" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    log: {
      title: "Log",
      type: "object",
      properties: { max_files: { type: "integer" }, format: { enum: ["raw", "json"] } },
    },
  },
};
const FIELDS = fieldsOf(SCHEMA);

describe("the body that is sent", () => {
  const rows: readonly (readonly [what: string, values: Values, body: Record<string, unknown>])[] = [
    ["has no field for an empty box", {}, { type: "once" }],
    ["has no field for an emptied box", { cron: "", deps: [] }, { type: "once" }],
    ["has numbers as numbers", { replica: " 3 " }, { type: "once", replica: 3 }],
    ["has what is no number as it was typed", { replica: "three" }, { type: "once", replica: "three" }],
    ["has a blank in a number's box as it was typed", { replica: " " }, { type: "once", replica: " " }],
    ["has yes and no as booleans", { flag: "false" }, { type: "once", flag: false }],
    ["has lists as lists", { deps: ["a", "b"] }, { type: "once", deps: ["a", "b"] }],
    [
      "has an object within of its filled boxes",
      { "log/max_files": "3", "log/format": "" },
      { type: "once", log: { max_files: 3 } },
    ],
    [
      "has lines of names and values as an object",
      { labels: "tier=web\n\n a = b=c\nold" },
      { type: "once", labels: { tier: "web", a: " b=c", old: "" } },
    ],
    ["has JSON as what it says", { env: '{"A":"1"}' }, { type: "once", env: { A: "1" } }],
    ["has what is no JSON as it was typed", { env: "{A" }, { type: "once", env: "{A" }],
    ["has a text as it was typed, blanks too", { cron: " * " }, { type: "once", cron: " * " }],
  ];
  test.each(rows)("%s", (_, values, body) => {
    expect(bodyOf(FIELDS, values)).toEqual(body);
  });

  test("leaves out what means nothing for the type, although it was typed", () => {
    const values = { type: "once", cron: "* * * * *" };
    expect(bodyOf(fieldsFor(FIELDS, values), values)).toEqual({ type: "once" });
    const scheduled = { ...values, type: "cron" };
    expect(bodyOf(fieldsFor(FIELDS, scheduled), scheduled)).toEqual(scheduled);
  });
});

describe("a refusal", () => {
  const refusal = (errors: { path: string; message: string }[]) =>
    new ProblemError({ title: "Invalid input", status: 400, code: "invalid", detail: "All of it", errors });

  test("is shown beside the fields that it is about", () => {
    const { byField, others } = problemsOf(
      refusal([
        { path: "/cron", message: "First." },
        { path: "/cron", message: "Second." },
        { path: "/deps/0", message: "Unknown." },
      ]),
      FIELDS,
    );
    expect([...byField]).toEqual([
      ["cron", "First. Second."],
      ["deps", "Unknown."],
    ]);
    expect(others).toEqual([]);
  });

  test("about a field of an object within stands at that field", () => {
    const { byField, others } = problemsOf(
      refusal([
        { path: "/log/max_files", message: "Too many." },
        { path: "/log", message: "Wrong." },
      ]),
      FIELDS,
    );
    expect([...byField]).toEqual([["log/max_files", "Too many."]]);
    expect(others).toEqual(["log: Wrong."]);
  });

  test("about a field that is not shown, or about the whole, stands above the fields", () => {
    const { byField, others } = problemsOf(
      refusal([
        { path: "/a~1b", message: "No such field." },
        { path: "", message: "Too much." },
      ]),
      FIELDS,
    );
    expect(byField.size).toBe(0);
    expect(others).toEqual(["a/b: No such field.", "Too much."]);
  });

  test("without a place is told in its own words", () => {
    expect(problemsOf(refusal([]), FIELDS).others).toEqual(["All of it"]);
    expect(problemsOf(new Error("Nothing answers"), FIELDS).others).toEqual(["Nothing answers"]);
  });

  test("of a field goes when the field is changed", () => {
    const problems = problemsOf(refusal([{ path: "/cron", message: "Bad." }]), FIELDS);
    expect(withoutField(problems, "cron").byField.size).toBe(0);
    expect(withoutField(problems, "deps")).toBe(problems);
    expect(withoutField(NO_PROBLEMS, "cron")).toBe(NO_PROBLEMS);
  });
});
