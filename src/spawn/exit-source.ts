/** Where exits of processes are heard of; one small file for each system. */
export interface ExitSource {
  /** Calls back once when the process ends. False if the system cannot tell, or it has ended. */
  watch(pid: number, callback: () => void): boolean;
  close(): void;
}

/** A thread that sleeps on a descriptor and brings the numbers that became ready. */
export function sleepOn(thread: string | URL, fd: number, tell: (ready: number) => void): Worker {
  const worker = new Worker(thread, { ref: false });
  worker.onmessage = (event: MessageEvent<number[]>) => {
    for (const ready of event.data) tell(ready);
  };
  worker.postMessage(fd);
  return worker;
}
