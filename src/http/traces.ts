/**
 * Traces of requests, by Elysia's plugin for OpenTelemetry. Nothing of it is loaded where the configuration does not ask for
 * it. What the plugin notes beside (headers, cookies, bodies, queries) may be secret and does not leave the service.
 */
import { Elysia } from "elysia";
import type { OtelDefinition } from "../domain/extensions.ts";

const OPEN =
  /^(http\.(request\.method|response\.status_code|route|response_content_length|request\.body\.size|response\.body\.size)|url\.path|url\.scheme|error\.type)$/;

/** A collector that does not answer keeps the end of the service no longer. */
const TIMEOUT_MS = 2000;

export interface Traces {
  readonly plugin: Elysia;
  /** Settles when what is left has been sent, or could not be. */
  close(): Promise<void>;
}

export async function createTraces({
  endpoint,
  headers = {},
  service_name: serviceName = "meproc",
  ratio = 1,
}: OtelDefinition): Promise<Traces> {
  const [{ opentelemetry }, { OTLPTraceExporter }, { BatchSpanProcessor, TraceIdRatioBasedSampler }] =
    await Promise.all([
      import("@elysiajs/opentelemetry"),
      import("@opentelemetry/exporter-trace-otlp-proto"),
      import("@opentelemetry/sdk-trace-node"),
    ]);
  const batches = new BatchSpanProcessor(
    new OTLPTraceExporter({ url: endpoint, headers, timeoutMillis: TIMEOUT_MS }),
  );
  const plugin = opentelemetry({
    serviceName,
    autoDetectResources: false,
    instrumentations: [],
    sampler: new TraceIdRatioBasedSampler(ratio),
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: ({ attributes }) => {
          for (const name of Object.keys(attributes)) if (!OPEN.test(name)) delete attributes[name];
        },
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
      batches,
    ],
  });
  return { plugin: new Elysia({ name: "traces" }).use(plugin), close: () => batches.shutdown().catch(lose) };
}

/** What a collector does not take at the end is lost, and the service ends all the same. */
function lose(): void {
  return;
}
