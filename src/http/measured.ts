/** How long answers take, by the pattern of their path: nothing is hooked in where nobody counts. */
import { Elysia } from "elysia";
import type { MetricsDesk } from "../domain/extensions.ts";

export function measured(metrics: MetricsDesk | null) {
  const app = new Elysia({ name: "measured" });
  if (metrics === null) return app;
  const begun = new WeakMap<Request, number>();
  return app
    .onRequest(({ request }) => void begun.set(request, performance.now()))
    .onAfterResponse({ as: "global" }, ({ request, route, set, responseValue }) => {
      const begin = begun.get(request);
      if (begin === undefined) return;
      const status = responseValue instanceof Response ? responseValue.status : Number(set.status ?? 200);
      metrics.answered(request.method, route || "other", status, (performance.now() - begin) / 1000);
    });
}
