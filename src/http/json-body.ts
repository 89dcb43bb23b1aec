/** A body as JSON, whatever its content type says. */
import { invalid } from "./problem.ts";

/** Far more than a definition needs, and far less than what a function that calls itself can take. */
const MAX_DEPTH = 64;

/** Throws InvalidError that says why the text is not taken. */
export function readJson(body: unknown): unknown {
  if (typeof body !== "string" || body.trim() === "") throw invalid("", "a JSON body is required");
  if (isTooDeep(body)) throw invalid("", `the body is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("", "the body is not valid JSON");
    throw error;
  }
}

/** The same, where only an object makes sense. */
export function readObject(body: unknown): Readonly<Record<string, unknown>> {
  const value = readJson(body);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid("", "expected an object");
}

/** Looked at before it is parsed: brackets outside of texts. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === "\\") at++;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
