/** What a test has opened is closed when it ends, passed or failed, the last first. */
import { onTestFinished } from "bun:test";

type Cleanup = () => void | Promise<void>;
const open: Cleanup[] = [];

export function whenDone(cleanup: Cleanup): void {
  if (open.length === 0) onTestFinished(closeAll);
  open.push(cleanup);
}

async function closeAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    try {
      await next();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
