/** A file as a download, whole or in part. What is sent is what it held when it was asked for, also while it grows. */
import { type FileHandle, open } from "node:fs/promises";
import { MeprocError } from "../domain/errors.ts";
import { plainProblem } from "./problem.ts";
import { type Range, rangeOf } from "./ranges.ts";
import { streamedBody, type StreamedBody } from "./streamed-body.ts";

const CHUNK_BYTES = 256 << 10;

interface File {
  readonly handle: FileHandle;
  readonly size: number;
  readonly tag: string;
  readonly modified: string;
}

/** Throws `not_found` if the file is there no more. */
export async function fileAnswer(path: string, name: string, asked: Omit<StreamedBody, "source">) {
  return answer(await openFile(path), name, asked);
}

/** The one error for a file that is not there, or not of this task. */
export function noSuchFile(cause?: unknown): MeprocError {
  return new MeprocError("not_found", "There is no such file", { cause });
}

async function openFile(path: string): Promise<File> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw noSuchFile(error);
    throw error;
  }
  const { ino, size, mtimeMs, mtime } = await handle.stat();
  return { handle, size, tag: `"${ino}-${size}-${Math.round(mtimeMs)}"`, modified: mtime.toUTCString() };
}

async function answer(file: File, name: string, asked: Omit<StreamedBody, "source">): Promise<Response> {
  const { handle, size, tag, modified } = file;
  const { request } = asked;
  const headers = {
    "accept-ranges": "bytes",
    etag: tag,
    "last-modified": modified,
    "cache-control": "no-cache",
  };
  if (request.headers.get("if-none-match") === tag) {
    await handle.close();
    return new Response(null, { status: 304, headers });
  }
  const range = isSame(file, request) ? rangeOf(request.headers.get("range"), size) : null;
  if (range === "unsatisfiable") {
    await handle.close();
    return unsatisfiable(size);
  }
  const { from, to } = range ?? { from: 0, to: size };
  const all: Record<string, string> = {
    ...headers,
    ...(range === null ? {} : { "content-range": `bytes ${from}-${to - 1}/${size}` }),
    "content-type": name.endsWith(".zst") ? "application/zstd" : "text/plain; charset=utf-8",
    "content-disposition": disposition(name),
    "content-length": String(to - from),
  };
  const status = range === null ? 200 : 206;
  if (request.method !== "HEAD" && to > from) {
    const body = await streamedBody({ ...asked, source: (signal) => bytesOf(handle, { from, to }, signal) });
    return new Response(body, { status, headers: all });
  }
  await handle.close();
  return new Response(null, { status, headers: all });
}

/** The rest of a download goes on only if the file is still the same. */
function isSame({ tag, modified }: File, request: Request): boolean {
  const known = request.headers.get("if-range");
  return known === null || known === tag || known === modified;
}

async function* bytesOf(handle: FileHandle, { from, to }: Range, signal: AbortSignal) {
  try {
    for (let at = from; at < to && !signal.aborted;) {
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, to - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error("the file has become shorter");
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
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
