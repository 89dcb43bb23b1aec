/** A body as JSON, whatever its content type says. */
import { invalid } from "./problem.ts";

/** Throws InvalidError that says where the text stops being JSON. */
export function readJson(body: unknown): unknown {
  if (typeof body !== "string" || body.trim() === "") throw invalid("", "a JSON body is required");
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("", "the body is not valid JSON");
    throw error;
  }
}
