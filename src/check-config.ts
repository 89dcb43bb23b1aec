/** `meproc check-config`, second half: what the file alone does not tell, such as whether its users exist here. */
import { ConfigError } from "./config/load.ts";
import type { Config } from "./domain/config.ts";
import { InvalidError } from "./domain/errors.ts";
import type { Users } from "./domain/ports.ts";
import { Children } from "./spawn/children.ts";
import { SystemUsers } from "./spawn/users.ts";
import { checkIdentity, parseTask } from "./supervisor/admission.ts";

/** What may be meant, but is worth a look. Throws ConfigError for what the service would not start. */
export async function checkWorld(config: Config): Promise<string[]> {
  const { exitWith, file } = config;
  const tasks = config.tasks.map(parseTask);
  const warnings: string[] = [];
  if (exitWith !== null && !tasks.some(({ name }) => name === exitWith))
    warnings.push(
      `${file}: exit_with: no task of the file is named ${exitWith}; the service ends with one that is defined otherwise`,
    );
  const users = new SystemUsers(new Children());
  const known: Users = { resolve: (user, group) => users.find(user, group) };
  for (const [index, task] of tasks.entries()) {
    const place = `${file}: [[tasks]] number ${index + 1}`;
    const missing = await problem(() => checkIdentity(task, known));
    if (missing !== null) throw new ConfigError(place, missing);
    // the service may run as somebody else than who asks
    const refused = await problem(() => checkIdentity(task, users));
    if (refused !== null) warnings.push(`${place}: ${refused}`);
  }
  return warnings;
}

async function problem(check: () => Promise<void>): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof InvalidError) return error.message;
    throw error;
  }
}
