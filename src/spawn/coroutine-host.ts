/**
 * The first module of a coroutine's Worker: points console, stdout and stderr at the run's channel, gives the
 * script its `EVAL_DATA`, and imports it. Process-wide things are kept from the script's reach where they can be.
 */
import { writeSync } from "node:fs";
import { Console } from "node:console";
import { pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import { Writable } from "node:stream";

const [script = "", stdout = "", stderr = ""] = process.argv.slice(2);

/** A stream that writes at once, whole and in order. */
function direct(descriptor: number): Writable {
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
      done();
    },
  });
}

if (stdout !== "pipe") {
  const out = direct(Number(stdout));
  const err = direct(Number(stderr));
  Object.defineProperty(process, "stdout", { value: out, configurable: true });
  Object.defineProperty(process, "stderr", { value: err, configurable: true });
  globalThis.console = new Console({ stdout: out, stderr: err }) as typeof globalThis.console;
}
Object.defineProperty(globalThis, "EVAL_DATA", { value: JSON.stringify(workerData), enumerable: true });
process.argv = [process.argv[0] ?? "meproc", script];

await import(pathToFileURL(script).href);
