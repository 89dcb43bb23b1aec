/** The JSON schema of a task's definition, out of the service's OpenAPI document. */
import { request } from "./http.ts";

export type Schema = {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  examples?: unknown[];
  example?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  /** The task types for which the field means something; all of them when absent. */
  "x-types"?: string[];
  /** Where suggestions come from. */
  "x-suggest"?: string;
};

type OpenApi = { components?: { schemas?: Record<string, Schema> } };

const NAME = "TaskDefinition";
let loaded: Promise<Schema> | null = null;

/** Loads the schema once; a failure is not kept, the next call tries again. */
export function loadDefinitionSchema(): Promise<Schema> {
  loaded ??= fetchSchema().catch((error: unknown) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

async function fetchSchema(): Promise<Schema> {
  const document = await request<OpenApi>("/swagger/json");
  const schemas = document.components?.schemas ?? {};
  const definition = schemas[NAME];
  if (definition === undefined) throw new Error(`The API document has no schema ${NAME}.`);
  return inlineRefs(definition, schemas, 0);
}

/** Puts what `$ref` points at in its place; deep enough for a form, and never endless. */
function inlineRefs(schema: Schema, schemas: Record<string, Schema>, depth: number): Schema {
  if (depth > 8) return schema;
  const into = (inner: Schema) => inlineRefs(inner, schemas, depth + 1);
  const target = schema.$ref ? schemas[schema.$ref.split("/").at(-1) ?? ""] : undefined;
  const { $ref: _, ...own } = schema;
  const result: Schema = target ? { ...into(target), ...own } : { ...schema };
  if (result.items) result.items = into(result.items);
  if (result.anyOf) result.anyOf = result.anyOf.map(into);
  if (result.oneOf) result.oneOf = result.oneOf.map(into);
  if (result.properties) {
    result.properties = Object.fromEntries(Object.entries(result.properties).map(([k, v]) => [k, into(v)]));
  }
  return result;
}
