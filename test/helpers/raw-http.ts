/** Bytes to a TCP port and back, for what no HTTP client would send. */
import { connect } from "node:net";

/** Sends `bytes` and settles with everything that came until the other side closed. */
export function exchange(baseUrl: string, bytes: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setTimeout(5000, () => socket.destroy(new Error(`No end after: ${received}`)));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", (error) => (cutOff(error) ? undefined : reject(error)));
    socket.on("close", () => resolve(received));
  });
}

/** Sends `bytes` and leaves at once. */
export function sendAndLeave(baseUrl: string, bytes: string | Uint8Array): Promise<void> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      socket.write(bytes, () => socket.destroy());
    });
    socket.on("error", (error) => (cutOff(error) ? undefined : reject(error)));
    socket.on("close", () => resolve());
  });
}

/** The other side has closed while we were still sending: an answer of its own. */
function cutOff(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
