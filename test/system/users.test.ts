/** Runs as another user. A service that is root is needed, or one that root has made another user: without root they are skipped. */
import { readFileSync } from "node:fs";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isRoot } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);
const skip = !isRoot || process.platform !== "linux";
const NOBODY = { uid: 65534, gid: 65534 };
const AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

const entries = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
const users = skip ? [] : entries("/etc/passwd").map(([name = ""]) => name);
/** A user of this machine that is in more groups than its own; Debian's base system has none. */
const member = skip
  ? undefined
  : entries("/etc/group")
      .flatMap((group) => (group[3] ?? "").split(","))
      .find((name) => name !== "root" && users.includes(name) && name !== "");
const system = (...command: string[]) => Bun.spawnSync(command).stdout.toString().trim();

async function outputOf(service: Service, definition: object): Promise<string[]> {
  const { post, output, task } = legacyClient(service.url);
  const answer = await post({ name: "who", type: "once", ...definition });
  expect(answer).toMatchObject({ status: 200, body: { code: 200 } });
  await until(
    async () => (await task("who")).last_time > 0 && (await task("who")).running === 0,
    "it has run",
  );
  return String((await output("who"))["who:0"])
    .trimEnd()
    .split("\n");
}

const ENVIRONMENT = 'echo "$HOME"; echo "$USER"; echo "$LOGNAME"; echo "$SHELL"';

describe.skipIf(skip)("a task with a user", () => {
  test("runs as it, with its group and its HOME, USER, LOGNAME and SHELL", async () => {
    const service = await startService();
    const [, , uid, gid, , home, shell] = system("getent", "passwd", "www-data").split(":");
    const said = await outputOf(service, { cmd: `id -u; id -g; ${ENVIRONMENT}`, user: "www-data" });
    expect(said).toEqual([uid, gid, home, "www-data", "www-data", shell] as string[]);
    expect(service.log()).toContain("Task who (as www-data:) started");
  });

  test.skipIf(member === undefined)("has the user's supplementary groups", async () => {
    const service = await startService();
    const groups = system("id", "-G", member ?? "");
    expect(groups.split(" ").length).toBeGreaterThan(1);
    const [said = ""] = await outputOf(service, { cmd: "id -G", user: member });
    expect(said.split(" ").sort()).toEqual(groups.split(" ").sort());
  });

  test("has no group of the service's own", async () => {
    const service = await startService({ prefix: ["setpriv", "--groups", "4,27"] });
    expect(await outputOf(service, { cmd: "id -G", user: "nobody" })).toEqual([system("id", "-G", "nobody")]);
  });

  test("takes a group instead of the user's own", async () => {
    const service = await startService();
    const [, , gid] = system("getent", "group", "games").split(":");
    expect(await outputOf(service, { cmd: "id -un; id -g", user: "www-data", group: "games" })).toEqual([
      "www-data",
      gid ?? "",
    ]);
    expect(service.log()).toContain("Task who (as www-data:games) started");
  });

  test("takes a group alone", async () => {
    const service = await startService();
    expect(await outputOf(service, { cmd: "id -un; id -gn", group: "games" })).toEqual(["root", "games"]);
  });

  test("may open its /dev/stdout and /dev/stderr anew", async () => {
    const service = await startService();
    const cmd = "echo out > /dev/stdout; echo err > /dev/stderr";
    expect((await outputOf(service, { cmd, user: "www-data" })).sort()).toEqual(["err", "out"]);
  });

  test("has the exit code and signals of the command, not of a launcher", async () => {
    const service = await startService();
    const { post, remove } = legacyClient(service.url);
    await post({ name: "code", cmd: "exit 7", type: "once", user: "www-data" });
    await until(() => service.log().includes("(code:0) ended: exit code 7"), "its exit code is known");
    await post({ name: "long", cmd: "exec sleep 600", type: "once", user: "www-data" });
    const names = () => service.descendants().map((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim());
    await until(() => names().includes("sleep"), "the launcher has become the command");
    expect(names()).toEqual(["sleep"]);
    expect((await remove("long")).status).toBe(200);
    expect(service.descendants()).toEqual([]);
  });

  test("of a service without the right to become it is refused in words", async () => {
    const service = await startService({ prefix: AS_NOBODY, owner: NOBODY });
    const { post, list } = legacyClient(service.url);
    const other = await post({ name: "who", cmd: "id", type: "once", user: "root" });
    expect(other.body).toMatchObject({ code: 400 });
    expect(other.body.msg).toContain(
      "user: the service does not run as root and may not become another user",
    );
    const group = await post({ name: "who", cmd: "id", type: "once", group: "games" });
    expect(group.body.msg).toContain(
      "group: the service does not run as root and may not take another group",
    );
    expect((await list()).tasks).toEqual({});
  });

  test("of a service that is that user already is fine", async () => {
    const service = await startService({ prefix: AS_NOBODY, owner: NOBODY });
    expect(await outputOf(service, { cmd: "id -un", user: "nobody" })).toEqual(["nobody"]);
  });
});

describe.skipIf(process.platform === "win32")("a user or group that does not exist", () => {
  const NOT_THERE = [
    [{ user: "no-such-user" }, "user: there is no such user"],
    [{ group: "no-such-group" }, "group: there is no such group"],
    [{ user: "www-data", group: "no-such-group" }, "there is no such group"],
    [{ user: "-rf" }, "there is no such user"],
    [{ user: "a b:c" }, "there is no such user"],
    [{ user: "../etc" }, "there is no such user"],
  ] as const;
  test.each(NOT_THERE.map(([fields, words]) => [fields, words] as const))(
    "%j is refused",
    async (fields, words) => {
      const service = await startService();
      const { post, list } = legacyClient(service.url);
      const { status, body } = await post({ name: "who", cmd: "id", type: "once", ...fields });
      expect({ status, code: body.code }).toEqual({ status: 400, code: 400 });
      expect(body.msg).toContain(words);
      expect((await list()).tasks).toEqual({});
    },
  );
});
