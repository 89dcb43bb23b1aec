/** The composition root of `meproc user …` and `meproc token …`: they work on the data directory, whether a service runs or not. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { AccountBook } from "./auth/account-book.ts";
import { Passwords } from "./auth/passwords.ts";
import type { AccountOrder } from "./cli/account-commands.ts";
import { askPassword } from "./cli/password.ts";
import type { Rights } from "./domain/access.ts";
import type { Accounts } from "./domain/accounts.ts";
import type { Config } from "./domain/config.ts";
import { lockHolder, lockPath } from "./platform/lock.ts";
import { inWords } from "./platform/system-errors.ts";
import { DATABASE, StartError } from "./service.ts";
import { AccountTables } from "./store/accounts.ts";
import { addAudit } from "./store/audit.ts";
import { StoreError, isCurrent, openDatabase } from "./store/database.ts";

/** A service that writes is waited for. */
const PATIENCE_MS = 5000;

/** Settles with what there is to say. Throws MeprocError, StoreError, StartError, PasswordError. */
export async function administer(config: Config, order: AccountOrder): Promise<string> {
  const database = openDatabase(pathOf(config));
  try {
    database.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    const accounts = new AccountBook({
      store: new AccountTables(database),
      passwords: new Passwords(),
      wall: Date.now,
    });
    // the name of a user is what his environment says, his number is what the system says
    const actor = `cli:${process.getuid?.() ?? userInfo().username}`;
    const said = await perform(accounts, order, actor);
    if (!order.verb.endsWith("list"))
      addAudit(database, {
        id: Bun.randomUUIDv7(),
        time: Date.now(),
        actor,
        address: "local",
        action: `meproc ${order.verb}`,
        target: "name" in order ? order.name : null,
        outcome: "done",
        status: null,
      });
    return said;
  } finally {
    database.close();
  }
}

async function perform(accounts: Accounts, order: AccountOrder, actor: string): Promise<string> {
  switch (order.verb) {
    case "user add": {
      const password = await askPassword();
      await accounts.addUser({ ...rightsOf(order), name: order.name, password });
      return `User ${order.name} may log in`;
    }
    case "user role":
      accounts.changeUser(order.name, rightsOf(order));
      return `User ${order.name} is ${order.role} now`;
    case "user passwd":
      await accounts.setPassword(order.name, { password: await askPassword() });
      return `The password of ${order.name} is set; his sessions have ended`;
    case "user remove":
      accounts.removeUser(order.name);
      return `User ${order.name} is gone`;
    case "user list":
      return table(accounts.users().map((user) => [user.name, ...columns(user)]));
    case "token create": {
      const { name, expiresInMs } = order;
      const input = {
        ...rightsOf(order),
        name,
        ...(expiresInMs === undefined ? {} : { expires_in_ms: expiresInMs }),
      };
      return accounts.createToken(input, actor).secret;
    }
    case "token revoke":
      accounts.revokeToken(order.name);
      return `Token ${order.name} is worth nothing any more`;
    case "token list":
      return table(
        accounts.tokens().map(({ id, name, expiresAt, ...token }) => {
          const until = expiresAt === null ? "for ever" : `until ${new Date(expiresAt).toISOString()}`;
          return [name, id, ...columns(token), until];
        }),
      );
  }
}

function rightsOf({ role, tasks }: { role: string; tasks?: readonly string[] }) {
  return tasks === undefined ? { role } : { role, tasks: [...tasks] };
}

function columns({ role, tasks }: Rights): string[] {
  return [role, tasks === null ? "all tasks" : tasks.join(" ")];
}

function table(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "None";
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The database, if we may touch it: made by us it would be ours, and closed to the user of the service. */
function pathOf({ dataDir }: Config): string {
  const path = join(dataDir, DATABASE);
  if (existsSync(path)) {
    if (lockHolder(lockPath(dataDir)) === null || isCurrent(path)) return path;
    throw new StoreError(`${path}: an older meproc is running on it; upgrade that first (meproc upgrade)`);
  }
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartError(`${dataDir}: the folder cannot be made: ${inWords(error)}`, { cause: error });
  }
  const uid = process.getuid?.();
  if (uid === undefined || statSync(dataDir).uid === uid) return path;
  throw new StartError(`${dataDir}: it belongs to another user; call this as the user of the service`);
}
