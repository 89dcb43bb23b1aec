/** The tasks of a data directory: 30 daemons, schedules of every second, and tasks that run once. */
import { join } from "node:path";

export interface Member {
  readonly name: string;
  readonly type: "daemon" | "cron" | "once";
  readonly cmd: string;
  readonly replica?: number;
  readonly interval?: number;
  readonly cron?: string;
}

interface Writing {
  /** Lines a second. */
  readonly rate: number;
  /** At most so many lines, then it ends; 0 for ever. */
  readonly lines?: number;
  /** An exit code, or "kill". */
  readonly end?: string;
  readonly flood?: string;
}

const WRITER = join(import.meta.dir, "writer.pl");
const RATES = [1000, 1000, 1000, 500, 300, 200, 200, 100, 100, 50, 50, 50, 20, 20, 20, 10, 10];
const ENDS = ["0", "1", "kill", "7", "0"];

/** While the file `flood` exists, two of the daemons write as fast as they can. */
export function population(flood: string): Member[] {
  return [
    ...[0, 1].map((i) => daemon(`flood${i}`, { rate: 100, flood })),
    ...RATES.map((rate, i) => daemon(`steady${i}`, { rate })),
    { ...daemon("replicas", { rate: 100 }), replica: 3 },
    { ...daemon("adaptive", { rate: 50 }), replica: 3 },
    ...ENDS.map((end, i) => ({ ...daemon(`crash${i}`, { rate: 200, lines: 300, end }), interval: 20 })),
    // each leaves a process in the background when it ends by itself, one of them out of its session
    { ...daemon("crashtree0", { rate: 100, lines: 100, end: "1" }, "sleep 600 & "), interval: 300 },
    { ...daemon("crashtree1", { rate: 100, lines: 200, end: "kill" }, "setsid sleep 600 & "), interval: 300 },
    daemon("tree", { rate: 100 }, "setsid sleep 600 & "),
    cron("quick", { rate: 500, lines: 50 }),
    cron("slow", { rate: 500, lines: 1500 }),
    cron("failing", { rate: 500, lines: 300, end: "1" }),
    once("short0", { rate: 200, lines: 300 }),
    once("short1", { rate: 50, lines: 200, end: "1" }),
    once("long0", { rate: 100 }),
    once("long1", { rate: 20 }),
  ];
}

/** Whether its processes end by themselves. */
export function endsByItself({ type, name }: Member): boolean {
  return type === "cron" || name.startsWith("crash") || name.startsWith("short");
}

function command({ rate, lines = 0, end = "0", flood = "" }: Writing): string {
  return `exec perl '${WRITER}' ${rate} ${lines} ${end} '${flood}'`;
}

/** `before` is what the shell does before it becomes the writer. */
function daemon(name: string, writing: Writing, before = ""): Member {
  return { name, type: "daemon", cmd: before + command(writing) };
}

function cron(name: string, writing: Writing): Member {
  return { name, type: "cron", cron: "* * * * * *", cmd: command(writing) };
}

function once(name: string, writing: Writing): Member {
  return { name, type: "once", cmd: command(writing) };
}
