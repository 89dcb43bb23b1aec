/** What a benchmark finds, and how it is shown: a table for people, JSON for comparing one change with another. */
import { cpus, release } from "node:os";

export interface Measurement {
  readonly name: string;
  readonly measured: number;
  readonly unit: string;
  /** What is demanded, or `null` for information only. */
  readonly floor: { readonly is: "at most" | "at least"; readonly value: number } | null;
  /** The spread, and what the number contains that is not the service's. */
  readonly detail: string;
}

/** A named set of measurements that are taken together, on services of their own. */
export interface Bench {
  readonly name: string;
  readonly run: (executable: string) => Promise<Measurement[]>;
}

export const atMost = (value: number) => ({ is: "at most", value }) as const;
export const atLeast = (value: number) => ({ is: "at least", value }) as const;

export function isMet({ floor, measured }: Measurement): boolean {
  if (floor === null) return true;
  return floor.is === "at most" ? measured <= floor.value : measured >= floor.value;
}

const HEADINGS = ["measure", "measured", "floor", "of it", "ok", "detail"];

export function tableOf(measurements: readonly Measurement[]): string {
  const rows = [HEADINGS, ...measurements.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function rowOf(measurement: Measurement): string[] {
  const { name, measured, unit, floor, detail } = measurement;
  const value = `${figures(measured)} ${unit}`.trim();
  if (floor === null) return [name, value, "", "", "", detail];
  const demanded = `${floor.is === "at most" ? "≤" : "≥"} ${floor.value}`;
  const ratio = (measured / floor.value).toFixed(2);
  return [name, value, demanded, ratio, isMet(measurement) ? "yes" : "NO", detail];
}

function figures(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function jsonOf(measurements: readonly Measurement[]): string {
  const machine = { cpus: cpus().length, cpu: cpus()[0]?.model ?? "", kernel: release(), bun: Bun.version };
  const results = measurements.map((measurement) => ({ ...measurement, ok: isMet(measurement) }));
  return `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`;
}
