/** The same metrics for OpenMetrics, where the name of a counter is without the `_total` that its samples end in. */
import type { Counter, OpenMetricsContentType, Registry } from "prom-client";

/**
 * A registry beside the other. The library takes the ending off by renaming the metric itself, which would then be missing
 * in the text format: so it is given counters of another name that say the same.
 */
export function openMetricsOf(
  registry: Registry,
  { OPENMETRICS_CONTENT_TYPE }: { readonly OPENMETRICS_CONTENT_TYPE: OpenMetricsContentType },
): Registry<OpenMetricsContentType> {
  const make = registry.constructor as new (type: OpenMetricsContentType) => Registry<OpenMetricsContentType>;
  const open = new make(OPENMETRICS_CONTENT_TYPE);
  for (const { name: full } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(full);
    if (metric === undefined) continue;
    const name = full.replace(/_total$/, "");
    const get = async () => ({ ...(await metric.get()), name });
    open.registerMetric(Object.assign(Object.create(metric) as Counter, { name, get }));
  }
  return open;
}
