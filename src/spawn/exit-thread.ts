/** Sleeps on an epoll set of pidfds and tells which processes have ended. */
import { Epoll } from "../platform/epoll.ts";

declare const self: Worker;

self.onmessage = (event: MessageEvent<number>) => {
  const epoll = new Epoll(event.data);
  for (;;) self.postMessage(epoll.wait());
};
