/** The table of tasks. Below 900 px the styles turn its rows into cards. */
import { memo } from "preact/compat";
import { useCallback, useState } from "preact/hooks";
import type { Task } from "../../api/types.ts";
import { COLUMNS, type Column, type Order } from "../../task/columns.ts";
import { TaskRow } from "./task-row.tsx";
import { useKeptFocus } from "./use-kept-focus.ts";

export type TaskTableProps = {
  tasks: readonly Task[];
  order: Order;
  onOrder: (order: Order) => void;
};

export const TaskTable = memo(({ tasks, order, onOrder }: TaskTableProps) => {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const table = useKeptFocus(tasks);
  const toggle = useCallback((name: string) => {
    setOpened((now) => {
      const next = new Set(now);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  }, []);
  if (tasks.length === 0) return null;
  return (
    <table class="tasks" ref={table} tabIndex={-1}>
      <caption class="hidden">Tasks</caption>
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <ColumnHead key={column.key} column={column} order={order} onOrder={onOrder} />
          ))}
          <th scope="col" data-column="actions">
            <span class="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <TaskRow key={task.name} task={task} open={opened.has(task.name)} onToggle={toggle} />
        ))}
      </tbody>
    </table>
  );
});

type ColumnHeadProps = { column: Column; order: Order; onOrder: (order: Order) => void };

function ColumnHead({ column, order, onOrder }: ColumnHeadProps) {
  const here = order.key === column.key;
  return (
    <th
      scope="col"
      data-column={column.key}
      aria-sort={here ? (order.descending ? "descending" : "ascending") : "none"}
    >
      <button
        type="button"
        class="sort"
        onClick={() => onOrder({ key: column.key, descending: here && !order.descending })}
      >
        {column.label}
        <span class="sort-mark" aria-hidden="true" />
      </button>
    </th>
  );
}
