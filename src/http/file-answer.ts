/** A file as a download, whole or in part. The bytes go from the disk to the client without passing through here. */
import { type Range, rangeOf } from "./ranges.ts";
import { MeprocError } from "../domain/errors.ts";
import { plainProblem } from "./problem.ts";

interface File {
  readonly size: number;
  readonly tag: string;
  readonly modified: string;
}

/** Throws `not_found` if the file is there no more. */
export async function fileAnswer(path: string, name: string, request: Request): Promise<Response> {
  const file = await look(path);
  const { size, tag, modified } = file;
  const headers = {
    "accept-ranges": "bytes",
    etag: tag,
    "last-modified": modified,
    "cache-control": "no-cache",
  };
  if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304, headers });
  const range = isSame(file, request) ? rangeOf(request.headers.get("range"), size) : null;
  if (range === "unsatisfiable") return unsatisfiable(size);
  const content = {
    ...headers,
    "content-type": name.endsWith(".zst") ? "application/zstd" : "text/plain; charset=utf-8",
    "content-disposition": disposition(name),
  };
  if (range === null) return new Response(Bun.file(path), { headers: content });
  return part(path, range, { ...content, "content-range": `bytes ${range.from}-${range.to - 1}/${size}` });
}

/** The one error for a file that is not there, or not of this task. */
export function noSuchFile(cause?: unknown): MeprocError {
  return new MeprocError("not_found", "There is no such file", { cause });
}

async function look(path: string): Promise<File> {
  try {
    const { ino, size, mtimeMs, mtime } = await Bun.file(path).stat();
    return { size, tag: `"${ino}-${size}-${Math.round(mtimeMs)}"`, modified: mtime.toUTCString() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw noSuchFile(error);
    throw error;
  }
}

function part(path: string, { from, to }: Range, headers: Record<string, string>): Response {
  return new Response(Bun.file(path).slice(from, to), { status: 206, headers });
}

/** The rest of a download goes on only if the file is still the same. */
function isSame({ tag, modified }: File, request: Request): boolean {
  const known = request.headers.get("if-range");
  return known === null || known === tag || known === modified;
}

/** Names have letters of any script: those who do not know the newer form get one in ASCII. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\w.@~-]/g, "_");
  const exact = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}

function unsatisfiable(size: number): Response {
  const detail = `The file has ${size} bytes`;
  return plainProblem(
    { type: "about:blank", title: "Range not satisfiable", status: 416, code: "invalid", detail },
    { "content-range": `bytes */${size}`, "accept-ranges": "bytes" },
  );
}
