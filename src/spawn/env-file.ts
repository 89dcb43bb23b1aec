/**
 * Files of NAME=value lines. Comments begin with # (or ; at the start of a line), values may be quoted as in a shell and
 * then go over several lines; nothing is expanded. Values are secrets: no error names one.
 */
import { readFileSync, statSync } from "node:fs";
import { inWords } from "../platform/system-errors.ts";

const MAX_BYTES = 1024 * 1024;
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=/;
const NOTHING = /^[ \t]*(?:[#;].*)?$/;
const REST = /^[ \t]*(?:#.*)?$/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Throws an Error in words that names the file, and the line if it is one. */
export function readEnvFile(path: string): Record<string, string> {
  return parseEnvFile(readBounded(path), path);
}

function readBounded(path: string): string {
  try {
    const { size } = checkedFile(path);
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`env_file ${path}: ${inWords(error)}`, { cause: error });
  }
}

/** A FIFO or a device could keep the service waiting. */
function checkedFile(path: string) {
  const found = statSync(path);
  if (!found.isFile()) throw new Error("it is not a file");
  return found;
}

/** Throws an Error in words. */
export function parseEnvFile(text: string, path: string): Record<string, string> {
  const variables: Record<string, string> = {};
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (NOTHING.test(line)) continue;
    const problem = (what: string) => new Error(`env_file ${path}, line ${at + 1}: ${what}`);
    const assignment = ASSIGNMENT.exec(line);
    if (assignment?.[1] === undefined) throw problem("expected NAME=value");
    if (line.includes("\0")) throw problem("a value holds no character NUL");
    const rest = line.slice(assignment[0].length).trimStart();
    const quote = rest[0];
    if (quote !== '"' && quote !== "'") {
      variables[assignment[1]] = rest.replace(/(?:^|[ \t])#.*$/, "").trimEnd();
      continue;
    }
    const quoted = readQuoted([rest.slice(1), ...lines.slice(at + 1)].join("\n"), quote);
    if (quoted === null) throw problem("the quote is not closed");
    if (!REST.test(quoted.after)) throw problem("there is text after the closing quote");
    variables[assignment[1]] = quoted.value;
    at += quoted.lines;
  }
  return variables;
}

/** The text up to the closing quote, what follows it on its line, and how many further lines it went over. */
function readQuoted(text: string, quote: string): { value: string; after: string; lines: number } | null {
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === quote) {
      const after = text.slice(at + 1).split("\n")[0] ?? "";
      return { value, after, lines: text.slice(0, at).split("\n").length - 1 };
    }
    if (char !== "\\" || quote === "'") {
      value += char;
      continue;
    }
    const next = text[++at] ?? "";
    if (next !== "\n") value += ESCAPES[next] ?? (/["\\$`]/.test(next) ? next : `\\${next}`);
  }
  return null;
}
