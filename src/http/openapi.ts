/** A schema of ours as OpenAPI 3.0 takes it, which is not quite JSON Schema. */
import type { TSchema } from "@sinclair/typebox";

type Json = Readonly<Record<string, unknown>>;

/**
 * A choice of texts is an enum; a record, whose names a pattern tells, is an object of further properties; an example is
 * one value. The values of defaults and examples are left as they are.
 */
export function openApi(schema: TSchema): Json {
  return converted(JSON.parse(JSON.stringify(schema)) as Json);
}

function converted(schema: Json): Json {
  return [withoutPattern, withEnum, withExample].reduce((each, step) => step(each), withInner(schema));
}

/** The schemas within, wherever a schema may have some. */
function withInner(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "properties" || key === "patternProperties") return [key, eachOf(value)];
      if (key === "items" || key === "additionalProperties")
        return [key, isJson(value) ? converted(value) : value];
      if (key === "anyOf" && Array.isArray(value)) return [key, value.map((each: Json) => converted(each))];
      return [key, value];
    }),
  );
}

function eachOf(schemas: unknown): Json {
  return isJson(schemas)
    ? Object.fromEntries(Object.entries(schemas).map(([key, value]) => [key, converted(value as Json)]))
    : {};
}

function withEnum(schema: Json): Json {
  const { anyOf, const: only, ...rest } = schema;
  if (only !== undefined) return { type: typeof only, ...rest, enum: [only] };
  if (!Array.isArray(anyOf)) return schema;
  const values: unknown[] = anyOf.flatMap((each: Json) => (Array.isArray(each["enum"]) ? each["enum"] : []));
  if (values.length !== anyOf.length) return schema;
  return { ...rest, type: "string", enum: rest["nullable"] === true ? [...values, null] : values };
}

function withoutPattern(schema: Json): Json {
  const { patternProperties, additionalProperties: _, ...rest } = schema;
  if (!isJson(patternProperties)) return schema;
  const [named] = Object.entries(patternProperties);
  return named === undefined
    ? schema
    : { ...rest, "x-key-pattern": named[0], additionalProperties: named[1] };
}

function withExample(schema: Json): Json {
  const { examples, ...rest } = schema;
  return Array.isArray(examples) ? { ...rest, example: examples[0] } : schema;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
