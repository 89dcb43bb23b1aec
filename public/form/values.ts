/** What is in the form, and the body that is made of it. The service judges it, not the page. */
import type { Field } from "./fields.ts";

export type Value = string | readonly string[];
export type Values = Readonly<Record<string, Value>>;

export function fieldValue(values: Values, field: Field): Value {
  return values[field.key] ?? (field.kind === "list" ? [] : field.initial);
}

/** The fields that mean something for the chosen type. */
export function fieldsFor(fields: readonly Field[], values: Values): Field[] {
  const chooser = fields.find((field) => field.key === "type");
  const type = chooser ? String(fieldValue(values, chooser)) : "";
  return fields.filter((field) => field.types === null || field.types.includes(type));
}

/** The fields of the objects within, by what each is called. */
export function groupsOf(fields: readonly Field[]): [group: string, fields: Field[]][] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    if (field.group !== null) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  }
  return [...groups];
}

/** The body to send: an empty box is a field that is not sent. */
export function bodyOf(fields: readonly Field[], values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const within = new Map<string, Record<string, unknown>>();
  for (const field of fields) {
    const value = fieldValue(values, field);
    if (value.length === 0) continue;
    const [outer = field.key, inner] = field.group === null ? [field.key] : field.key.split("/");
    if (inner === undefined) body[outer] = parsed(field, value);
    else within.set(outer, { ...within.get(outer), [inner]: parsed(field, value) });
  }
  return { ...body, ...Object.fromEntries(within) };
}

/** Lines of NAME=value; one without = has an empty value. */
function pairsOf(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name.trim(), value.join("=")];
    }),
  );
}

/** What cannot be read as what it should be goes as it was typed: the service says what is wrong with it. */
function parsed(field: Field, value: Value): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (field.kind === "number") return text !== "" && Number.isFinite(Number(text)) ? Number(text) : value;
  if (field.kind === "flag") return value === "true";
  if (field.kind === "pairs") return pairsOf(text);
  if (field.kind !== "json") return value;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}
