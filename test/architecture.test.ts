/** Imports go downward only, and adapters never see each other. */
import { expect, test } from "bun:test";
import { Glob } from "bun";
import { dirname, join, relative } from "node:path";

const SRC = join(import.meta.dir, "..", "src");
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** What a room may import beside itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  platform: ["domain"],
  config: ["domain", "platform"],
  supervisor: ["domain"],
  spawn: ["domain", "platform"],
  output: ["domain", "platform"],
  store: ["domain", "platform"],
  events: ["domain", "platform"],
  watch: ["domain", "platform"],
  listen: ["domain", "platform"],
  auth: ["domain", "platform"],
  notify: ["domain", "platform"],
  metrics: ["domain", "platform"],
  plugins: ["domain", "platform"],
  http: ["domain", "supervisor"],
  cli: ["domain", "config", "platform"],
  root: [
    "domain",
    "platform",
    "config",
    "supervisor",
    "spawn",
    "output",
    "store",
    "events",
    "watch",
    "listen",
    "auth",
    "notify",
    "metrics",
    "plugins",
    "http",
    "cli",
  ],
};

function roomOf(path: string): string {
  const [first = "", ...rest] = relative(SRC, path).split("/");
  return rest.length === 0 ? "root" : first;
}

/** Type imports count as well: they couple rooms just the same. */
async function importsOf(path: string): Promise<string[]> {
  const source = (await Bun.file(path).text())
    .replaceAll(/import type /g, "import ")
    .replaceAll(/\btype (?=\w+[,} ])/g, "");
  const kept = source
    .replaceAll(/import \{([^}]*)\} from/g, "import * as x from")
    .replaceAll(/import (\w+) from/g, "import * as x from");
  const bare = [...kept.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
  const scanned = transpiler.scanImports(await Bun.file(path).text()).map((each) => each.path);
  return [...new Set([...bare, ...scanned])].filter((each) => each.startsWith("."));
}

const files = [...new Glob("**/*.ts").scanSync(SRC)].map((file) => join(SRC, file));

test("there are rooms to look at", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(new Set(files.map(roomOf))).toEqual(new Set(Object.keys(MAY_IMPORT)));
});

test.each(files.map((file) => [relative(SRC, file), file] as const))(
  "%s imports only from rooms below its own",
  async (_, file) => {
    const room = roomOf(file);
    const allowed = new Set([room, ...(MAY_IMPORT[room] ?? [])]);
    const wrong = (await importsOf(file)).filter((each) => {
      const target = join(dirname(file), each);
      return target.startsWith(SRC) && !allowed.has(roomOf(target));
    });
    expect(wrong).toEqual([]);
  },
);

test("only the configuration room and the composition root read the environment", async () => {
  const readers: string[] = [];
  for (const file of files) {
    const room = roomOf(file);
    if (room === "config" || room === "root") continue;
    if ((await Bun.file(file).text()).includes("process.env")) readers.push(relative(SRC, file));
  }
  // the launcher hands its environment on to the command, whole
  expect(readers).toEqual(["spawn/launcher.ts"]);
});

test("processes are spawned in one room", async () => {
  const spawners: string[] = [];
  for (const file of files)
    if ((await Bun.file(file).text()).includes("Bun.spawn(")) spawners.push(roomOf(file));
  expect(new Set(spawners)).toEqual(new Set(["spawn"]));
});
