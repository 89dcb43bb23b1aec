/** Checks unknown input against a schema and says what is wrong in words: where, and what was expected. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Value, type ValueError } from "@sinclair/typebox/value";
import type { Issue } from "./errors.ts";

/** Of an invalid input the value is what was looked at: nulls are left out, nothing else is sure. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: Issue[]; readonly value: unknown };

/** Words are found for each: of an input that is wrong everywhere these are enough, and more may be wrong. */
export const MOST_ISSUES = 100;

/** Fields that are `null` count as not given, also within an object; every other deviation from the schema is an issue. */
export function parse<Schema extends TSchema>(schema: Schema, input: unknown): Parsed<Static<Schema>> {
  const value = dropNulls(input);
  const issues = new Map<string, Issue>();
  if (!Value.Check(schema, value))
    for (const error of errorsOf(schema, value)) {
      if (!issues.has(error.path)) issues.set(error.path, toIssue(schema, error));
      if (issues.size === MOST_ISSUES) break;
    }
  if (issues.size > 0) return { ok: false, issues: [...issues.values()], value };
  return { ok: true, value: value as Static<Schema> };
}

/** Where several shapes are possible, the faults of the one that is meant: the one of the value's own kind. */
function* errorsOf(schema: TSchema, value: unknown): Generator<ValueError> {
  for (const error of Value.Errors(schema, value)) {
    if (isShortEnough(error)) continue;
    const meant = meantShape(error);
    if (meant === null) yield error;
    else for (const inner of errorsOf(meant, error.value)) yield { ...inner, path: error.path + inner.path };
  }
}

function meantShape({ schema, value }: ValueError): TSchema | null {
  const shapes: readonly TSchema[] = schema["anyOf"] ?? [];
  const kind = Array.isArray(value) ? "array" : typeof value;
  const [meant, ...more] = shapes.filter((shape) => shape["type"] === kind && shape["const"] === undefined);
  return meant === undefined || more.length > 0 ? null : meant;
}

/** A schema counts characters, TypeBox the halves of those beyond the basic plane as well. */
function isShortEnough({ value, schema }: ValueError): boolean {
  const most: unknown = schema["maxLength"];
  return (
    typeof value === "string" && typeof most === "number" && value.length > most && [...value].length <= most
  );
}

function dropNulls(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  const given = Object.entries(input).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, dropNulls(value)]));
}

function toIssue(root: TSchema, error: ValueError): Issue {
  const { path, schema } = error;
  if (error.message === "Unexpected property")
    return { path, message: unknownField(root, path), rule: "shape" };
  if (error.value === undefined) return { path, message: "required, but not given", rule: "shape" };
  const rule = error.message.startsWith("Expected integer to be greater") ? "minimum" : "shape";
  return { path, message: `expected ${expected(schema)}`, rule };
}

/** `an integer from 1 to 1000`: what a schema takes, in words. */
export function expected(schema: TSchema): string {
  if (typeof schema["x-expected"] === "string") return schema["x-expected"];
  if (Array.isArray(schema["anyOf"])) return oneOf(schema["anyOf"]);
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  switch (schema["type"]) {
    case "integer":
      return `an integer${range(schema["minimum"], schema["maximum"])}`;
    case "number":
      return `a number${range(schema["minimum"], schema["maximum"])}`;
    case "string":
      return expectedText(schema);
    case "array":
      return expectedList(schema);
    case "object":
      return "an object";
    case "boolean":
      return "true or false";
    default:
      return `a ${schema["type"]}`;
  }
}

function oneOf(shapes: readonly TSchema[]): string {
  const words = shapes.map(expected);
  return words.join(shapes.every((shape) => shape["const"] !== undefined) ? ", " : " or ");
}

function expectedText({ minLength, maxLength }: TSchema): string {
  if (maxLength === undefined) return minLength === undefined ? "a text" : "a text that is not empty";
  return minLength === undefined
    ? `a text of at most ${maxLength} characters`
    : `a text of 1 to ${maxLength} characters`;
}

function expectedList({ items, minItems, maxItems }: TSchema): string {
  const count =
    minItems === undefined && maxItems === undefined
      ? ""
      : `${range(minItems, maxItems).replace(" from", " of")},`;
  return `a list${count} of which each is ${expected(items)}`;
}

function range(minimum: unknown, maximum: unknown): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (maximum !== undefined) return ` of at most ${maximum}`;
  return minimum === undefined ? "" : ` of at least ${minimum}`;
}

/** What a field that the schema does not have should be called. */
function unknownField(root: TSchema, path: string): string {
  const parts = path.split("/").slice(1);
  const key = parts.pop() ?? "";
  const parent = parts.reduce(partOf, root);
  if (typeof parent["x-keys"] === "string") return `expected ${parent["x-keys"]} as a name`;
  const near = nearest(key, Object.keys(parent["properties"] ?? {}));
  return near === null ? "there is no such field" : `there is no such field; did you mean ${near}?`;
}

function partOf(schema: TSchema, part: string): TSchema {
  const within: TSchema | undefined = schema["properties"]?.[part] ?? schema["items"];
  const shapes: readonly TSchema[] = within?.["anyOf"] ?? [];
  return shapes.find((shape) => shape["properties"] !== undefined) ?? within ?? schema;
}

/** The known word that is two edits away, or half of a longer word's letters, or `null`. */
export function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, word.length / 2) && best.edits < word.length
    ? best.candidate
    : null;
}

function editDistance(a: string, b: string): number {
  if (a.length > 64) return a.length;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, swap));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
