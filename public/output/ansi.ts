/** One line of a terminal's output → runs of text with a style. Never HTML. */
import Anser from "anser";
import type { Span } from "./pattern.ts";

export type Run = {
  text: string;
  classes: string;
  /** "r, g, b" for colours beyond the sixteen named ones, which follow the page's theme. */
  color: string | null;
  background: string | null;
  /** It was searched for. */
  found?: boolean;
};

const ESC = "\u001b";
// Select an unknown font: changes nothing, but makes Anser give the text after it the style so far.
const NO_CHANGE = `${ESC}[10m`;
const SGR = new RegExp(`${ESC}\\[[\\d;]*m`, "g");
const RESET = new RegExp(`^${ESC}\\[0*m$`);
// Window titles and links (OSC), other strings (DCS, APC, PM, SOS), character sets, single-letter escapes.
const OTHER_ESCAPES = new RegExp(
  `${ESC}(?:\\][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\)?|[P_^X][^${ESC}]*(?:${ESC}\\\\)?|[()*+#%][0-9A-Za-z]|[=>78cDEHMNOZ])`,
  "g",
);
const LONGEST_CARRY = 24;

/** The styles that are still on at the end of a line, to be put before the next one. */
export function carryOver(line: string, before: string): string {
  if (!line.includes(ESC)) return before;
  const codes = [...(before + line).matchAll(SGR)].map((match) => match[0]);
  const fresh = codes.slice(codes.findLastIndex((code) => RESET.test(code)) + 1);
  const kept: string[] = [];
  for (const code of fresh.reverse()) {
    if (kept.length === LONGEST_CARRY) break;
    // A later equal code makes an earlier one pointless.
    if (!kept.includes(code)) kept.unshift(code);
  }
  return kept.join("");
}

/** What a terminal would show of a line: after "\r" it is written over, "\b" takes a character back. */
export function settle(line: string): string {
  const stripped = line.includes(ESC) ? line.replace(OTHER_ESCAPES, "") : line;
  let end = stripped.length;
  while (stripped[end - 1] === "\r") end -= 1;
  const last = stripped.slice(end === 0 ? 0 : stripped.lastIndexOf("\r", end - 1) + 1, end);
  return last.includes("\b") ? takeBack(last) : last;
}

/** The runs of a settled line that begins in the style `carry`. */
export function styledRuns(line: string, carry: string): Run[] {
  const text = plainControls(line);
  if (carry === "" && !text.includes(ESC)) return [{ text, classes: "", color: null, background: null }];
  const parts = Anser.ansiToJson(`${carry}${NO_CHANGE}${text}`, { use_classes: true, remove_empty: true });
  return parts.map((part) => ({
    text: part.content.replaceAll(ESC, ""),
    classes: classesOf(part),
    color: rgbOf(part.fg, part.fg_truecolor),
    background: rgbOf(part.bg, part.bg_truecolor),
  }));
}

/** The runs, cut so that what lies in a span is a run of its own. */
export function withSpans(runs: readonly Run[], spans: readonly Span[]): Run[] {
  let at = 0;
  return runs.flatMap((run) => {
    const from = at;
    at += run.text.length;
    const cuts = spans.flatMap((span) => [span.from - from, span.to - from]);
    const inside = cuts.filter((cut) => cut > 0 && cut < run.text.length);
    const edges = [...new Set([0, ...inside, run.text.length])];
    return edges.slice(1).map((to, i): Run => {
      const start = edges[i] ?? 0;
      const found = spans.some((span) => span.from <= from + start && from + to <= span.to);
      return { ...run, text: run.text.slice(start, to), found };
    });
  });
}

function classesOf(part: Anser.AnserJsonEntry): string {
  const named = (color: string | null, side: string) => (color ? [`${baseName(color)}-${side}`] : []);
  return [
    ...named(part.fg, "fg"),
    ...named(part.bg, "bg"),
    ...part.decorations.map((one) => `ansi-${one}`),
  ].join(" ");
}

function baseName(color: string): string {
  return color.startsWith("ansi-palette-") || color === "ansi-truecolor" ? "ansi-rgb" : color;
}

function rgbOf(color: string | null, truecolor: string | null): string | null {
  if (color === "ansi-truecolor") return truecolor;
  if (!color?.startsWith("ansi-palette-")) return null;
  const index = Number(color.slice("ansi-palette-".length));
  if (index >= 232)
    return Array(3)
      .fill(8 + (index - 232) * 10)
      .join(", ");
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(", ");
}

function takeBack(line: string): string {
  const kept: string[] = [];
  for (const char of line) {
    if (char === "\b") kept.pop();
    else kept.push(char);
  }
  return kept.join("");
}

/** Control characters that are neither a tab nor an escape are not shown. */
function plainControls(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  return line.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g, "");
}
