/** Users and groups as the system resolves them: through its own name service (files, LDAP, …), never by us. */
import { readFile } from "node:fs/promises";
import type { Identity, Users } from "../domain/ports.ts";
import { codeOf, inWords } from "../platform/system-errors.ts";
import type { Children } from "./children.ts";

type Database = "passwd" | "group";

/** No name of an account begins with a dash, and none has a colon or white space. */
const NAME = /^[^\s:\-/][^\s:/]*$/;

export class SystemUsers implements Users {
  readonly #children: Children;

  constructor(children: Children) {
    this.#children = children;
  }

  async resolve(user: string | null, group: string | null): Promise<Identity | Error> {
    const found = await this.find(user, group);
    return found instanceof Error ? found : (refusalToBecome(found) ?? found);
  }

  /** As `resolve`, whether or not we may become them. */
  async find(user: string | null, group: string | null): Promise<Identity | Error> {
    if (process.platform === "win32") return new Error("users and groups are not available on Windows");
    try {
      return await this.#find(user, group);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #find(user: string | null, group: string | null): Promise<Identity> {
    const account = user === null ? null : await this.#account(user);
    const gid = group === null ? (account?.gid ?? process.getgid?.() ?? 0) : await this.#gid(group);
    const uid = account?.uid ?? process.getuid?.() ?? 0;
    return { uid, gid, account: account === null ? null : account.entry };
  }

  async #account(name: string) {
    const fields = await this.#entry("passwd", name);
    if (fields === null) throw new Error("there is no such user");
    const [login = name, , uid, gid, ...rest] = fields;
    const entry = { name: login, home: rest.at(-2) || "/", shell: rest.at(-1) || "/bin/sh" };
    return { uid: Number(uid), gid: Number(gid), entry };
  }

  async #gid(name: string): Promise<number> {
    const fields = await this.#entry("group", name);
    if (fields === null) throw new Error("there is no such group");
    return Number(fields[2]);
  }

  async #entry(database: Database, name: string): Promise<string[] | null> {
    if (!NAME.test(name)) return null;
    const line = await this.#lookUp(database, name);
    return line === null ? null : line.split(":");
  }

  async #lookUp(database: Database, name: string): Promise<string | null> {
    const command =
      process.platform === "darwin" && database === "passwd"
        ? ["id", "-P", name]
        : ["getent", database, name];
    try {
      const { code, output } = await this.#children.run(command);
      return code === 0 ? (output.split("\n")[0] ?? null) : null;
    } catch (error) {
      if (codeOf(error) !== "ENOENT")
        throw new Error(`the look-up failed: ${inWords(error)}`, { cause: error });
      return fromFile(database, name);
    }
  }
}

/** A small image may have no getent; there the files are all there is. */
async function fromFile(database: Database, name: string): Promise<string | null> {
  const text = await readFile(`/etc/${database}`, "utf8");
  return text.split("\n").find((line) => line.startsWith(`${name}:`)) ?? null;
}

function refusalToBecome({ uid, gid }: Identity): Error | null {
  const own = process.geteuid?.() ?? 0;
  if (own === 0) return null;
  if (uid !== own) return new Error("the service does not run as root and may not become another user");
  if (gid === process.getegid?.()) return null;
  return new Error("the service does not run as root and may not take another group");
}
