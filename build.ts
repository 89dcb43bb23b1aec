/** Bundles the page, and compiles the executables. `bun build.ts [page] [--all]`. */
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "./package.json";

const root = import.meta.dir;
const dist = join(root, "dist");
const page = join(dist, "page");
const SWAGGER_FILES = ["swagger-ui-bundle.js", "swagger-ui.css"];
/** The workers' modules are entry points: each runs in a thread of its own. */
const ENTRY_POINTS = [
  "src/main.ts",
  "src/output/compress-thread.ts",
  "src/output/splice-thread.ts",
  "src/spawn/coroutine-host.ts",
  "src/spawn/exit-thread.ts",
  "src/store/checkpoint-thread.ts",
];

const TARGETS = {
  "meproc-linux-x64": "bun-linux-x64",
  "meproc-linux-arm64": "bun-linux-arm64",
  "meproc-linux-x64-musl": "bun-linux-x64-musl",
  "meproc-darwin-x64": "bun-darwin-x64",
  "meproc-darwin-arm64": "bun-darwin-arm64",
  "meproc-windows-x64.exe": "bun-windows-x64",
} as const;

/** The page and Swagger UI, as files that the executable carries and serves. */
async function buildPage(): Promise<void> {
  await rm(page, { recursive: true, force: true });
  await Bun.build({
    entrypoints: [join(root, "public/index.html")],
    outdir: page,
    minify: true,
    naming: { chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
  });
  const swagger = join(page, "swagger");
  await mkdir(swagger, { recursive: true });
  for (const file of SWAGGER_FILES)
    await cp(join(root, "node_modules/swagger-ui-dist", file), join(swagger, file));
  for (const file of ["index.html", "start.js"])
    await cp(join(root, "public/swagger", file), join(swagger, file));
}

async function compile(name: string, target?: (typeof TARGETS)[keyof typeof TARGETS]): Promise<string> {
  const outfile = join(dist, name);
  await Bun.build({
    entrypoints: ENTRY_POINTS.map((file) => join(root, file)),
    root: join(root, "src"),
    minify: true,
    bytecode: true,
    // what is imported only where it is configured is a file of its own: it is not even read where it is not
    splitting: true,
    format: "esm",
    sourcemap: "inline",
    compile: {
      outfile,
      assets: [page, join(root, "conf/examples/plugins")],
      autoloadDotenv: false,
      autoloadBunfig: false,
      ...(target === undefined ? {} : { target }),
    },
  });
  return outfile;
}

async function sha256(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest("hex");
}

async function compileAll(): Promise<void> {
  const sums: string[] = [];
  for (const [name, target] of Object.entries(TARGETS)) {
    const path = await compile(name, target);
    sums.push(`${await sha256(path)}  ${name}\n`);
    process.stdout.write(`${name}: ${Math.round(Bun.file(path).size / 1e6)} MB\n`);
  }
  await Bun.write(join(dist, "SHA256SUMS"), sums.join(""));
}

/** The built executable says its version and checks a configuration, in an empty environment. */
function smoke(executable: string): void {
  const { stdout, exitCode } = Bun.spawnSync([executable, "--version"], { env: {} });
  const said = stdout.toString().trim();
  if (exitCode !== 0 || said !== packageJson.version)
    throw new Error(`smoke: --version said ${said} (${exitCode})`);
}

await buildPage();
if (process.argv.includes("--all")) await compileAll();
else if (!process.argv.includes("page")) {
  const executable = await compile(process.platform === "win32" ? "meproc.exe" : "meproc");
  smoke(executable);
  process.stdout.write(`${executable}\n`);
}
