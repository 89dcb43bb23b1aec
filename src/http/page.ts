/** The page and Swagger UI, embedded in the executable. */
import { join } from "node:path";
import { staticPlugin } from "@elysiajs/static";
import { Elysia } from "elysia";

const DOCUMENTS = { "/": "index.html", "/swagger": "swagger/index.html" } as const;
const HEADERS = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };

/**
 * The plugin serves every file but the documents: it would send those as a part of themselves (Content-Range on a
 * 200). Browsers ask each time whether a file is still the same, so that a new version of the service is seen at once.
 */
export async function pageRoutes(assets: string) {
  const files = await staticPlugin({
    assets,
    prefix: "/",
    ignorePatterns: [/\.html$/],
    alwaysStatic: true,
    maxAge: 0,
    directive: "no-cache",
    detail: { hide: true },
    silent: true,
  });
  const routes = new Elysia({ name: "page" }).use(files);
  for (const [path, file] of Object.entries(DOCUMENTS)) {
    const text = await Bun.file(join(assets, file)).text();
    routes.get(path, () => new Response(text, { headers: HEADERS }), { detail: { hide: true } });
  }
  return routes;
}
