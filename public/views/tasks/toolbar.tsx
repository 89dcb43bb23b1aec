/** Finds and orders: a text, kinds of state with their counts, and, where there are no column heads, the order. */
import { Icon } from "../../parts/icon.tsx";
import type { Task } from "../../api/types.ts";
import { type ColumnKey, COLUMNS, type Order } from "../../task/columns.ts";
import { type Filter, GROUPS } from "../../task/filter.ts";

export type ToolbarProps = {
  tasks: readonly Task[];
  filter: Filter;
  onFilter: (filter: Filter) => void;
  order: Order;
  onOrder: (order: Order) => void;
};

export function Toolbar({ tasks, filter, onFilter, order, onOrder }: ToolbarProps) {
  return (
    <search class="toolbar">
      <label class="find">
        <Icon name="search" />
        <span class="hidden">Find tasks</span>
        <input
          type="search"
          placeholder="Find tasks"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <fieldset class="groups">
        <legend class="hidden">Show</legend>
        {GROUPS.map((group) => {
          const count = tasks.filter(group.has).length;
          return (
            <button
              key={group.key}
              type="button"
              class="group"
              data-group={group.key}
              data-none={count === 0}
              aria-pressed={filter.group === group.key}
              onClick={() => onFilter({ ...filter, group: group.key })}
            >
              {group.label} <span class="group-count">{count}</span>
            </button>
          );
        })}
      </fieldset>
      <label class="order narrow-only">
        <span>Sort by</span>
        <select
          value={order.key}
          onChange={(event) => onOrder({ key: event.currentTarget.value as ColumnKey, descending: false })}
        >
          {COLUMNS.map((column) => (
            <option key={column.key} value={column.key}>
              {column.label}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}
