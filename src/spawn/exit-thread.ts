/** Sleeps until processes end, on an epoll set of pidfds (Linux) or on a kqueue (macOS), and tells which. */
import { Epoll } from "../platform/epoll.ts";
import { Kqueue } from "../platform/kqueue.ts";

declare const self: Worker;

self.onmessage = (event: MessageEvent<number>) => {
  const source = process.platform === "darwin" ? new Kqueue(event.data) : new Epoll(event.data);
  for (;;) self.postMessage(source.wait());
};
