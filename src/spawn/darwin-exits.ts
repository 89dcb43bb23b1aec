/** Exits on macOS: this thread asks a kqueue to tell of them, another one waits on it. */
import { Kqueue } from "../platform/kqueue.ts";
import { type ExitSource, sleepOn } from "./exit-source.ts";

export class DarwinExits implements ExitSource {
  readonly #kqueue = new Kqueue();
  readonly #callbacks = new Map<number, () => void>();
  readonly #worker: Worker;

  constructor(thread: string | URL) {
    this.#worker = sleepOn(thread, this.#kqueue.fd, (pid) => this.#ended(pid));
  }

  watch(pid: number, callback: () => void): boolean {
    // it may be told of before this call returns
    this.#callbacks.set(pid, callback);
    if (this.#kqueue.addExit(pid)) return true;
    this.#callbacks.delete(pid);
    return false;
  }

  close(): void {
    this.#worker.terminate();
  }

  #ended(pid: number): void {
    const callback = this.#callbacks.get(pid);
    this.#callbacks.delete(pid);
    callback?.();
  }
}
