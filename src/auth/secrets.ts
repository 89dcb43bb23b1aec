/** Secrets of 256 bits: made, hashed, compared. They are kept as SHA-256 only, which is enough for what cannot be guessed. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 64 hexadecimal digits. */
export function makeSecret(): string {
  return randomBytes(32).toString("hex");
}

/** A name that says nothing and need not be kept secret. */
export function makeId(): string {
  return randomBytes(8).toString("hex");
}

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Takes as long for every text of the same length. */
export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
