/** Which methods a path takes, from the routes that exist. */

interface Route {
  readonly method: string;
  readonly path: string;
}

/** The value of an Allow header, or `null` if no route has this path. */
export function allowedMethods(routes: readonly Route[], path: string): string | null {
  const methods = routes.filter((route) => matches(route.path, path)).map(({ method }) => method);
  if (methods.length === 0) return null;
  const implied = methods.includes("GET") ? ["HEAD"] : [];
  return [...new Set([...methods, ...implied, "OPTIONS"])].join(", ");
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.replace(/(?<=.)\/$/, "").split("/");
  const actual = path.replace(/(?<=.)\/$/, "").split("/");
  if (expected.length !== actual.length) return false;
  return expected.every((part, i) => (part.startsWith(":") ? actual[i] !== "" : part === actual[i]));
}
