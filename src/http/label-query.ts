/** Which tasks a query is about: `label=tier=web`, `label=tier`, `name=web-*`. */
import type { Selection } from "../supervisor/select.ts";
import type { Parameter } from "./docs.ts";
import { invalid } from "./problem.ts";

/** For the documents. */
export const SELECTION: readonly Parameter[] = [
  {
    name: "label",
    in: "query",
    description:
      "Only tasks with this label: `name=value`, or a name alone for any value. Given again, both must hold",
    schema: { type: "array", items: { type: "string", minLength: 1 } },
    example: ["tier=web"],
  },
  {
    name: "name",
    in: "query",
    description: "Only tasks of this name; `*` stands for any text, `?` for one character",
    schema: { type: "string", minLength: 1 },
    example: "web-*",
  },
];

/** Throws InvalidError. */
export function selectionOf(request: Request): Selection {
  const query = new URL(request.url).searchParams;
  const name = query.get("name");
  if (name === "") throw invalid("/name", "expected a name, or a part of one with *");
  const labels = query.getAll("label").map(labelOf);
  return {
    ...(name === null ? {} : { name }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  };
}

function labelOf(text: string): readonly [string, string | null] {
  const at = text.indexOf("=");
  const label = at < 0 ? text : text.slice(0, at);
  if (label === "") throw invalid("/label", "expected name=value, or a name");
  return [label, at < 0 ? null : text.slice(at + 1)];
}
