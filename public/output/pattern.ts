/** What is searched for: the pattern that the service is given, and where it is found in a line that is shown. */

export type Search = { text: string; regex: boolean; matchCase: boolean };

export type Span = { from: number; to: number };

/** Longer lines are not searched here: nobody sees so much, and a pattern may take long. */
const LONGEST_MARKED = 2_000;
const MOST_MARKS = 50;

/** The regular expression that stands for what was typed. */
export function patternOf({ text, regex }: Search): string {
  return regex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The same for marking what was found; null where the browser does not know the expression. */
export function markerOf(search: Search): RegExp | null {
  try {
    return new RegExp(patternOf(search), search.matchCase ? "g" : "gi");
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Where a marker finds something in a text. */
export function spansIn(text: string, marker: RegExp): Span[] {
  if (text.length > LONGEST_MARKED) return [];
  const spans: Span[] = [];
  for (const match of text.matchAll(marker)) {
    if (match[0] !== "") spans.push({ from: match.index, to: match.index + match[0].length });
    if (spans.length === MOST_MARKS) break;
  }
  return spans;
}
