/** The sections of the configuration by which metrics and traces are turned on. */
import { type Static, Type } from "@sinclair/typebox";

export const MetricsDefinition = Type.Object(
  {
    usage: Type.Optional(
      Type.Boolean({
        description: "CPU and memory of each task too: a look at its processes at each scrape",
        default: false,
      }),
    ),
    max_tasks: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: "So many tasks have a label of their own; those beyond are counted as `other`",
        default: 500,
      }),
    ),
  },
  { additionalProperties: false },
);
export type MetricsDefinition = Static<typeof MetricsDefinition>;

/** The metrics, as the HTTP surface serves them and adds to them. */
export interface MetricsDesk {
  /** In the text format of Prometheus, or in OpenMetrics. */
  scrape(openMetrics: boolean): Promise<{ readonly type: string; readonly text: string }>;
  /** An answer was given; `route` is the pattern of its path. */
  answered(method: string, route: string, status: number, seconds: number): void;
}

export const OtelDefinition = Type.Object(
  {
    endpoint: Type.String({
      pattern: "^https?://[^\\s/?#]+",
      "x-expected": "a URL of http or https",
      description: "Where traces go, by OTLP over HTTP; with its path, mostly /v1/traces",
    }),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    service_name: Type.Optional(Type.String({ minLength: 1, default: "meproc" })),
    ratio: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Which share of the requests is traced",
        default: 1,
      }),
    ),
  },
  { additionalProperties: false },
);
export type OtelDefinition = Static<typeof OtelDefinition>;
