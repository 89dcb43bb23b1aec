/** What is due when, over all tasks: the schedules that are followed at the moment, as one list. */

/** A task, as far as its schedule goes. */
export interface Diarist {
  readonly task: { readonly name: string };
  /** The first time after a moment (Unix ms) at which it is to be started; `null` for none. */
  nextTime(after: number): number | null;
}

export interface Appointment {
  readonly task: string;
  /** Unix ms. */
  readonly at: number;
}

/** The times from `from` to `to` (Unix ms), both included, in their order; at most `limit`. */
export function agenda(groups: readonly Diarist[], from: number, to: number, limit: number): Appointment[] {
  const nexts = new Map<Diarist, number>();
  const turn = (group: Diarist, after: number) => {
    const at = group.nextTime(after);
    if (at === null || at > to) nexts.delete(group);
    else nexts.set(group, at);
  };
  for (const group of groups) turn(group, from - 1);
  const found: Appointment[] = [];
  while (found.length < limit && nexts.size > 0) {
    const [group, at] = [...nexts].reduce((first, each) => (each[1] < first[1] ? each : first));
    found.push({ task: group.task.name, at });
    turn(group, at);
  }
  return found;
}
