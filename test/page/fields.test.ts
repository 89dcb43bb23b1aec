import { describe, expect, test } from "bun:test";
import type { Schema } from "../../public/api/definition-schema.ts";
import { type Field, fieldsOf } from "../../public/form/fields.ts";
import { TaskDefinition } from "../../src/domain/task.ts";
import { openApi } from "../../src/http/openapi.ts";

function fieldOf(schema: Schema, key = "x", required: string[] = []): Field {
  const [field] = fieldsOf({ properties: { [key]: schema }, required });
  if (field === undefined) throw new Error("There is no field");
  return field;
}

describe("the kind of a field", () => {
  const rows: readonly (readonly [kind: Field["kind"], what: string, schema: Schema])[] = [
    ["text", "a string", { type: "string" }],
    ["text", "a string or null", { type: ["string", "null"] }],
    ["text", "a line or a list of arguments", { anyOf: [{ type: "string" }, { type: "array" }] }],
    ["number", "an integer", { type: "integer" }],
    ["number", "a number", { type: "number" }],
    ["flag", "true or false", { type: "boolean" }],
    ["choice", "an enum", { enum: ["a", "b"] }],
    ["choice", "constants, as TypeBox writes them", { anyOf: [{ const: "a" }, { const: "b" }] }],
    ["choice", "constants or null", { anyOf: [{ const: "a" }, { type: "null" }] }],
    ["list", "a list of strings", { type: "array", items: { type: "string" } }],
    [
      "list",
      "a list of strings or objects",
      { items: { anyOf: [{ type: "string" }, { type: "object" }] }, type: "array" },
    ],
    ["pairs", "an object of texts", { type: "object", additionalProperties: { type: "string" } }],
    ["flag", "yes, no or a list", { anyOf: [{ type: "boolean" }, { type: "array" }] }],
    ["json", "a list of numbers", { type: "array", items: { type: "number" } }],
    ["json", "an object", { type: "object" }],
    ["json", "anything", {}],
  ];
  test.each(rows)("is %s for %s", (kind, _, schema) => {
    expect(fieldOf(schema).kind).toBe(kind);
  });
});

describe("a field", () => {
  test("is called as its schema says, or by its key", () => {
    expect(fieldOf({ title: "Command" }).label).toBe("Command");
    expect(fieldOf({}, "cmd").label).toBe("cmd");
  });

  test("shows its default, or an example, in the empty box", () => {
    expect(fieldOf({ type: "integer", default: 1, examples: [2] }).placeholder).toBe("1");
    expect(fieldOf({ type: "integer", examples: [2] }).placeholder).toBe("e.g. 2");
    expect(fieldOf({ type: "array", example: ["a", "b"] }).placeholder).toBe("e.g. a, b");
    expect(fieldOf({ type: "object", default: { a: 1 } }).placeholder).toBe('{"a":1}');
    expect(fieldOf({ type: "string" }).placeholder).toBe("");
  });

  test("that is a required choice has its default, or its first value, from the start", () => {
    const values = { enum: ["a", "b"] };
    expect(fieldOf(values, "x", ["x"]).initial).toBe("a");
    expect(fieldOf({ ...values, default: "b" }, "x", ["x"]).initial).toBe("b");
    expect(fieldOf({ ...values, default: "b" }).initial).toBe("");
  });

  test("of an object within stands under the name of that object, and need not be given", () => {
    const log: Schema = { title: "Log", type: "object", properties: { max_files: { enum: [1, 2] } } };
    const { key, group, label, required, initial } = fieldOf(log, "log");
    expect({ key, group, label, required, initial }).toEqual({
      key: "log/max_files",
      group: "Log",
      label: "max files",
      required: false,
      initial: "",
    });
  });

  test("that is a choice offers each value with its words", () => {
    const { options } = fieldOf({ anyOf: [{ const: "a", title: "A", description: "The first" }] });
    expect(options).toEqual([{ value: "a", label: "A", description: "The first" }]);
  });
});

describe("the fields of a task", () => {
  const fields = fieldsOf(openApi(TaskDefinition) as Schema);
  const named = new Map(fields.map((field) => [field.key, field]));

  test("are all those that the service takes, each with a label and words about it", () => {
    const outer = [...named.keys()].map((key) => key.replace(/\/.*/, ""));
    expect([...new Set(outer)]).toEqual(Object.keys(TaskDefinition.properties));
    expect(fields.filter((field) => field.label === field.key || !field.description)).toEqual([]);
  });

  test("are required where the service requires them", () => {
    expect(fields.filter((field) => field.required).map(({ key }) => key)).toEqual(["name", "cmd", "type"]);
  });

  test("are seen at once where they matter most; the others are folded away, by what they are about", () => {
    const seen = fields.filter(({ group }) => group === null).map(({ key }) => key);
    expect(seen.slice(0, 4)).toEqual(["name", "cmd", "type", "cron"]);
    expect(seen).toContain("env");
    const groups = new Set(fields.flatMap(({ group }) => group ?? []));
    for (const group of ["More", "Limits", "Stop", "Restart", "Health check", "Hooks"])
      expect(groups).toContain(group);
    expect(fields.filter(({ kind }) => kind === "json").map(({ key }) => key)).toEqual([
      "restart/success_exit_codes",
    ]);
  });

  test.each([
    ["cron", ["cron"]],
    ["interval", ["daemon"]],
    ["user", ["once", "daemon", "cron"]],
    ["name", null],
  ])("%s is for %j", (key, types) => {
    expect(named.get(key)?.types).toEqual(types);
  });

  test("suggest tasks for the dependencies, and times for the schedule", () => {
    expect(fields.filter((field) => field.suggestsTasks).map(({ key }) => key)).toEqual(["deps"]);
    expect(fields.filter((field) => field.isCron).map(({ key }) => key)).toEqual(["cron"]);
  });
});
