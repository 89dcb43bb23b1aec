/** Checks unknown input against a schema and says what is wrong in words: where, and what was expected. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Value, type ValueError } from "@sinclair/typebox/value";
import type { Issue } from "./errors.ts";

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: Issue[] };

/** Fields that are `null` count as not given, also within an object; every other deviation from the schema is an issue. */
export function parse<Schema extends TSchema>(schema: Schema, input: unknown): Parsed<Static<Schema>> {
  const value = dropNulls(input);
  const issues = new Map<string, Issue>();
  for (const error of Value.Errors(schema, value)) {
    if (isShortEnough(error)) continue;
    if (!issues.has(error.path)) issues.set(error.path, toIssue(schema, error));
  }
  if (issues.size > 0) return { ok: false, issues: [...issues.values()] };
  return { ok: true, value };
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
  const { path } = error;
  if (error.message === "Unexpected property")
    return { path, message: unknownField(root, path), rule: "shape" };
  if (error.value === undefined) return { path, message: "required, but not given", rule: "shape" };
  const rule = error.message.startsWith("Expected integer to be greater") ? "minimum" : "shape";
  return { path, message: `expected ${expected(error.schema)}`, rule };
}

/** `an integer from 1 to 1000`: what a schema takes, in words. */
export function expected(schema: TSchema): string {
  if (Array.isArray(schema["anyOf"]))
    return schema["anyOf"].map((each: TSchema) => expected(each)).join(", ");
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  switch (schema["type"]) {
    case "integer":
      return `an integer${range(schema)}`;
    case "string":
      return schema["maxLength"] === undefined
        ? "a text that is not empty"
        : `a text of 1 to ${schema["maxLength"]} characters`;
    case "array":
      return `a list of which each is ${expected(schema["items"])}`;
    case "object":
      return "an object";
    case "boolean":
      return "true or false";
    default:
      return `a ${schema["type"]}`;
  }
}

function range(schema: TSchema): string {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  return minimum === undefined ? "" : ` of at least ${minimum}`;
}

function unknownField(root: TSchema, path: string): string {
  const key = path.slice(path.lastIndexOf("/") + 1);
  const parent = path
    .split("/")
    .slice(1, -1)
    .reduce((schema: TSchema, part) => schema["properties"]?.[part] ?? schema["items"] ?? schema, root);
  const near = nearest(key, Object.keys(parent["properties"] ?? {}));
  return near === null ? "there is no such field" : `there is no such field; did you mean ${near}?`;
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
