/** The JSON schema of an object → the fields of a form. Knows kinds of values, not tasks. */
import type { Schema } from "../api/definition-schema.ts";

export type FieldKind = "text" | "number" | "flag" | "choice" | "list" | "pairs" | "json";

export type Option = { value: string; label: string; description: string | null };

export type Field = {
  /** A field of an object within has the key of both, `log/max_bytes`. */
  key: string;
  /** What the object within is called, or what is folded away; null for a field that is seen at once. */
  group: string | null;
  kind: FieldKind;
  label: string;
  description: string | null;
  required: boolean;
  /** What the service takes when the box is empty, as text; "" when it says nothing about it. */
  preset: string;
  placeholder: string;
  /** What the field holds at first: only a required choice is chosen from the start. */
  initial: string;
  options: Option[];
  /** The task types it is for; null for all. */
  types: readonly string[] | null;
  /** Its values are suggested from the names of the existing tasks. */
  suggestsTasks: boolean;
  /** It is a cron expression, whose next times can be shown. */
  isCron: boolean;
};

/** What is asked for first; the other fields of their own are folded away. */
const BASIC = new Set([
  "name",
  "cmd",
  "type",
  "cron",
  "user",
  "group",
  "replica",
  "interval",
  "deps",
  "cwd",
  "env",
]);
const REST = "More";

/** What the contract says of fields whose schema does not say it. */
const TYPES_OF_OLD: Record<string, readonly string[]> = { cron: ["cron"], interval: ["daemon"] };

export function fieldsOf(schema: Schema): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const required = schema.required?.includes(key) ?? false;
    const within = required ? undefined : variantsOf(property).find((one) => one.properties !== undefined);
    if (within !== undefined) return fieldsWithin(key, property, within);
    const field = fieldOf(key, property, required);
    return [required || BASIC.has(key) ? field : { ...field, group: REST }];
  });
}

/** The fields of an object that need not be given: none of them has to be, nor is any chosen from the start. */
function fieldsWithin(key: string, property: Schema, within: Schema): Field[] {
  return Object.entries(within.properties ?? {}).map(([inner, schema]) => ({
    ...fieldOf(inner, schema, false),
    key: `${key}/${inner}`,
    group: property.title ?? key,
    label: schema.title ?? inner.replaceAll("_", " "),
    types: property["x-types"] ?? null,
  }));
}

function fieldOf(key: string, property: Schema, required: boolean): Field {
  const variants = variantsOf(property);
  const options = optionsOf(variants);
  const kind = kindOf(variants, options);
  const preset = property.default === undefined || property.default === null ? "" : inWords(property.default);
  return {
    key,
    group: null,
    kind,
    label: property.title ?? key,
    description: property.description ?? null,
    required,
    preset,
    placeholder: preset === "" ? exampleOf(property, kind) : preset,
    initial: kind === "choice" && required ? preset || (options[0]?.value ?? "") : "",
    options,
    types: property["x-types"] ?? TYPES_OF_OLD[key] ?? null,
    suggestsTasks: property["x-suggest"] === "tasks" || key === "deps",
    isCron: property.format === "cron" || key === "cron",
  };
}

/** The alternatives of a schema, one for each type; "or null" is the empty box and no alternative. */
function variantsOf(schema: Schema): Schema[] {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.flatMap(variantsOf);
  if (Array.isArray(schema.type)) return schema.type.flatMap((type) => variantsOf({ ...schema, type }));
  return schema.type === "null" || schema.const === null ? [] : [schema];
}

function kindOf(variants: Schema[], options: Option[]): FieldKind {
  if (options.length > 0) return "choice";
  const types = variants.map((variant) => variant.type);
  if (types.includes("string")) return "text";
  if (types.includes("integer") || types.includes("number")) return "number";
  if (types.includes("boolean")) return "flag";
  if (variants.some(({ additionalProperties: values }) => typeof values === "object")) return "pairs";
  const items = variants.find((variant) => variant.type === "array")?.items;
  return items !== undefined && variantsOf(items).some(({ type }) => type === "string") ? "list" : "json";
}

function optionsOf(variants: Schema[]): Option[] {
  const all = variants.flatMap((variant) => {
    if (variant.const !== undefined) return [optionOf(variant.const, variant)];
    return (variant.enum ?? []).filter((value) => value !== null).map((value) => optionOf(value, {}));
  });
  const onlyValues = variants.every((variant) => variant.const !== undefined || variant.enum !== undefined);
  return onlyValues ? all : [];
}

function optionOf(value: unknown, schema: Schema): Option {
  return {
    value: String(value),
    label: schema.title ?? String(value),
    description: schema.description ?? null,
  };
}

function exampleOf(property: Schema, kind: FieldKind): string {
  const example = property.examples?.[0] ?? property.example;
  if (kind === "pairs") return "NAME=value, one to a line";
  return example === undefined || example === null ? "" : `e.g. ${inWords(example)}`;
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
