/** The C library by the name it has on this platform. Adapters name the functions they need; nothing else is here. */
import { existsSync, readdirSync } from "node:fs";
import { dlopen, type FFIFunction } from "bun:ffi";

function candidates(): string[] {
  if (process.platform === "darwin") return ["libSystem.B.dylib"];
  const musl = existsSync("/lib")
    ? readdirSync("/lib")
        .filter((name) => name.startsWith("libc.musl-") || name.startsWith("ld-musl-"))
        .map((name) => `/lib/${name}`)
    : [];
  return ["libc.so.6", ...musl];
}

/** Opens the C library; throws if the platform has none that we know. */
export function openLibc<const Functions extends Record<string, FFIFunction>>(functions: Functions) {
  let last: unknown;
  for (const name of candidates()) {
    try {
      return dlopen(name, functions).symbols;
    } catch (error) {
      last = error;
    }
  }
  throw new Error("The C library of this system could not be opened", { cause: last });
}

/** A NUL-terminated copy of a string, for a `const char *` argument. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
