/** The replicas that a query is about. */
import type { TaskGroup } from "../supervisor/group.ts";
import { type Query, integer } from "./query.ts";

/** The alias of the one that is named, or of each. Throws InvalidError. */
export function aliasesOf({ instances }: TaskGroup, query: Query): string[] {
  const index = integer(query, "replica", 0, instances.length - 1);
  return instances.filter((each) => index === null || each.index === index).map(({ alias }) => alias);
}
