/**
 * A coroutine: a script that runs inside the service, in a thread of its own. Define it with
 *   {"name": "heartbeat", "cmd": "conf/examples/heartbeat.ts", "type": "coroutine"}
 * What it prints is captured like the output of a process.
 */
import { workerData } from "node:worker_threads";

console.log(`${workerData.alias} is alive, defined as`, workerData.conf);
setInterval(() => console.log(new Date().toISOString()), 60_000);
