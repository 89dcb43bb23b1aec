/** The list of tasks with what finds and orders them; and what stands there while there is no list. */
import { useMemo, useState } from "preact/hooks";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import type { Order } from "../../task/columns.ts";
import { sorted } from "../../task/columns.ts";
import { type Filter, matches } from "../../task/filter.ts";
import { NoMatch, NoTasks, Reading, Trouble } from "./placeholders.tsx";
import { TaskTable } from "./task-table.tsx";
import { Toolbar } from "./toolbar.tsx";

const EVERYTHING: Filter = { text: "", group: "all" };

export function TasksView() {
  const tasks = useStore(service, (now) => now.tasks);
  const loaded = useStore(service, (now) => now.loaded);
  const trouble = useStore(service, (now) => now.trouble);
  const [filter, setFilter] = useState<Filter>(EVERYTHING);
  const [order, setOrder] = useState<Order>({ key: "name", descending: false });
  const all = useMemo(() => [...tasks.values()], [tasks]);
  const shown = useMemo(
    () =>
      sorted(
        all.filter((task) => matches(task, filter)),
        order,
      ),
    [all, filter, order],
  );

  if (!loaded) return trouble === null ? <Reading /> : <Trouble message={trouble} />;
  if (all.length === 0) return <NoTasks />;
  return (
    <>
      {trouble !== null && <Trouble message={trouble} />}
      <Toolbar tasks={all} filter={filter} onFilter={setFilter} order={order} onOrder={setOrder} />
      <TaskTable tasks={shown} order={order} onOrder={setOrder} />
      {shown.length === 0 && <NoMatch onClear={() => setFilter(EVERYTHING)} />}
    </>
  );
}
