/** Signatures as Standard Webhooks has them, so that a receiver finds a library for checking them. */

const BASE64_SECRET = "whsec_";

/** The headers that name and sign a message: who checks the time too cannot be sent an old one again. */
export function signed(
  id: string,
  body: string,
  seconds: number,
  secret: string | null,
): Record<string, string> {
  const headers = { "webhook-id": id, "webhook-timestamp": String(seconds) };
  if (secret === null) return headers;
  const signature = new Bun.CryptoHasher("sha256", keyOf(secret))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

function keyOf(secret: string): Buffer {
  if (secret.startsWith(BASE64_SECRET)) return Buffer.from(secret.slice(BASE64_SECRET.length), "base64");
  return Buffer.from(secret);
}
