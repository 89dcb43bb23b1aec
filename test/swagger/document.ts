/** The OpenAPI document, read as the tests need it. */
import Ajv, { type ErrorObject } from "ajv";
import addFormats from "ajv-formats";

export interface Content {
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
export interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, Content>>;
}
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: unknown;
  readonly example?: unknown;
}
export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Answer>>;
}
export interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export async function readDocument(
  baseUrl: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Document> {
  const response = await fetch(`${baseUrl}/swagger/json`, { headers: { ...headers } });
  return (await response.json()) as Document;
}

/** Every operation, with its method in capitals. */
export function callsOf(document: Document): Call[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

export const nameOf = ({ method, path }: Pick<Call, "method" | "path">): string => `${method} ${path}`;

/** Content that an operation declares, where in the document it stands, and what holds it. */
export function contentsOf(call: Call): readonly (readonly [pointer: string, content: Content])[] {
  const { method, path, operation } = call;
  const at = ["paths", path, method.toLowerCase()];
  const of = (place: readonly string[], contents: Readonly<Record<string, Content>> = {}) =>
    Object.entries(contents).map(
      ([type, content]) => [pointer([...at, ...place, "content", type]), content] as const,
    );
  return [
    ...of(["requestBody"], operation.requestBody?.content),
    ...Object.entries(operation.responses).flatMap(([status, answer]) =>
      of(["responses", status], answer.content),
    ),
  ];
}

export const examplesOf = ({ example, examples = {} }: Content): unknown[] => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples).map(({ value }) => value),
];

/** True for a schema that shows an example, in itself or in what it is made of. */
export function hasExample(document: Document, schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  if ("example" in schema) return true;
  const inner = "$ref" in schema ? [lookUp(document, String(schema.$ref))] : Object.values(schema);
  return inner.some((each) => hasExample(document, each));
}

function lookUp(document: Document, ref: string): unknown {
  const step = (at: unknown, part: string) => (at as Readonly<Record<string, unknown>>)[part];
  return ref
    .split("/")
    .slice(1)
    .reduce(step, document as unknown);
}

export function pointer(parts: readonly string[]): string {
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Says what is wrong with a value under the schema at a pointer; fields that are not declared are wrong as well. */
export function makeJudge(document: Document): (pointer: string, value: unknown) => string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  addFormats(ajv);
  ajv.addSchema(closed(document) as object, "document");
  return (at, value) => {
    const validate = ajv.compile({ $ref: `document#${encodeURI(at)}` });
    return validate(value) ? [] : (validate.errors ?? []).map(inWords);
  };
}

/** Objects hold the fields that are declared and no others, unless they say so. */
function closed(document: Document): unknown {
  return JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    if (key === "properties" || typeof value !== "object" || value === null) return value;
    const open = "properties" in value && !("additionalProperties" in value) && "type" in value;
    return open ? { ...value, additionalProperties: false } : value;
  });
}

function inWords({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath}: ${message} ${JSON.stringify(params)}`;
}
