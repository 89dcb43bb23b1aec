/** /api/v1/plugins: who is told of what happens, and how it stands with them. */
import { Elysia } from "elysia";
import { companionView } from "./companion-view.ts";
import type { HttpDeps } from "./deps.ts";
import { documented, ref } from "./docs.ts";

export function companionRoutes({ companions }: Pick<HttpDeps, "companions">) {
  return new Elysia({ name: "plugins" }).get(
    "/plugins",
    () => ({ items: companions.list().map(companionView), next_cursor: null }),
    {
      detail: documented({
        tag: "Service",
        summary: "Plugins and listeners",
        description: "How each of them stands, and what is wrong with it. Nothing of their options is shown.",
        answers: { 200: { description: "All of them", schema: ref("PluginList") } },
      }),
    },
  );
}
