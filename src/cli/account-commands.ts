/** `meproc user …` and `meproc token …`: what may be typed. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Flags } from "../config/load.ts";
import { ROLES, type Role } from "../domain/access.ts";

interface Rights {
  readonly role: Role;
  readonly tasks?: readonly string[];
}

export type AccountOrder =
  | ({ readonly verb: "user add"; readonly name: string } & Rights)
  | ({ readonly verb: "user role"; readonly name: string } & Rights)
  | { readonly verb: "user passwd" | "user remove"; readonly name: string }
  | ({ readonly verb: "token create"; readonly name: string; readonly expiresInMs?: number } & Rights)
  | { readonly verb: "token revoke"; readonly name: string }
  | { readonly verb: "user list" | "token list" };

type Told = (order: AccountOrder, flags: Flags) => void;
type RightsFlags = Flags & Rights;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

export function addAccountCommands(
  program: Command,
  withPlace: (command: Command) => Command,
  told: Told,
): void {
  const user = program.command("user").description("who may log in with a password");
  const token = program.command("token").description("who may come with a token");
  const place = (command: Command) => withPlace(command).allowExcessArguments(false).exitOverride();
  const named = (parent: Command, name: string) => place(parent.command(name)).argument("<name>");
  withRights(named(user, "add"))
    .description("add a user; the password is asked for, or read from stdin")
    .action((name: string, { role, tasks, ...flags }: RightsFlags) =>
      told({ verb: "user add", name, ...rights(role, tasks) }, flags),
    );
  withRights(named(user, "role"))
    .description("change what a user may do")
    .action((name: string, { role, tasks, ...flags }: RightsFlags) =>
      told({ verb: "user role", name, ...rights(role, tasks) }, flags),
    );
  named(user, "passwd")
    .description("set a user's password; his sessions end")
    .action((name: string, flags: Flags) => told({ verb: "user passwd", name }, flags));
  named(user, "remove")
    .description("remove a user; his sessions end")
    .action((name: string, flags: Flags) => told({ verb: "user remove", name }, flags));
  place(user.command("list"))
    .description("list the users")
    .action((flags: Flags) => told({ verb: "user list" }, flags));
  withRights(named(token, "create"))
    .description("make a token and print it, this once")
    .option("--expires <time>", "how long it is valid, such as 12h or 30d (default for ever)", spanOf)
    .action((name: string, { role, tasks, expires, ...flags }: RightsFlags & { expires?: number }) =>
      told(
        {
          verb: "token create",
          name,
          ...rights(role, tasks),
          ...(expires === undefined ? {} : { expiresInMs: expires }),
        },
        flags,
      ),
    );
  named(token, "revoke")
    .description("make a token worth nothing, by its name or id")
    .action((name: string, flags: Flags) => told({ verb: "token revoke", name }, flags));
  place(token.command("list"))
    .description("list the tokens")
    .action((flags: Flags) => told({ verb: "token list" }, flags));
}

function withRights(command: Command): Command {
  return command
    .addOption(new Option("--role <role>", "viewer, operator or admin").choices(ROLES).makeOptionMandatory())
    .option("--tasks <globs...>", "only tasks whose names these take, such as 'web-*' (not for an admin)");
}

function rights(role: Role, tasks: readonly string[] | undefined): Rights {
  return tasks === undefined ? { role } : { role, tasks };
}

/** Milliseconds of `15m`, `12h`, `30d`. */
function spanOf(text: string): number {
  const [, count, unit = ""] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("Expected minutes, hours or days, such as 15m, 12h or 30d.");
}
