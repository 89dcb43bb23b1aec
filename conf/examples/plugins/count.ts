/**
 * Counts starts and stops, exactly: what may have been told before has an id that is counted already, since counts and id
 * are written down together. A plugin that need not be exact needs no file.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context, Plugin } from "./meproc.d.ts";

let counts = { last: 0, starts: 0, stops: 0 };

const fileOf = (ctx: Context) => join(ctx.folder, "counts.json");

function count(id: number, what: "starts" | "stops", ctx: Context): void {
  if (id <= counts.last) return;
  counts = { ...counts, last: id, [what]: counts[what] + 1 };
  // one that is killed while it writes leaves the file as it was
  writeFileSync(`${fileOf(ctx)}.new`, JSON.stringify(counts));
  renameSync(`${fileOf(ctx)}.new`, fileOf(ctx));
}

const plugin: Plugin = {
  name: "count",
  setup(ctx) {
    if (existsSync(fileOf(ctx))) counts = JSON.parse(readFileSync(fileOf(ctx), "utf8"));
    ctx.log.info(`${counts.starts} starts and ${counts.stops} stops so far`);
  },
  start: (event, ctx) => count(event.id, "starts", ctx),
  stop: (event, ctx) => count(event.id, "stops", ctx),
  missed({ from, to, again }, ctx) {
    const what = again ? "come again" : "are gone";
    ctx.log.warn(`Facts ${from} to ${to} may not have been counted; they ${what}`);
  },
};
export default plugin;
