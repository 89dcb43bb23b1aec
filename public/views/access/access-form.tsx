/** The form for a new user or token. */
import { useState } from "preact/hooks";
import type { Role } from "../../api/session.ts";

export type Order = { name: string; role: Role; tasks?: string[]; secret: string };

export type AccessFormProps = {
  what: "user" | "token";
  /** Settles with whether it worked: then the form is empty again. */
  onSubmit: (order: Order) => Promise<boolean>;
};

const ROLES: readonly Role[] = ["viewer", "operator", "admin"];

export function AccessForm({ what, onSubmit }: AccessFormProps) {
  const [role, setRole] = useState<Role>("viewer");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const given = new FormData(form);
    const text = (name: string) => String(given.get(name) ?? "");
    const tasks = text("tasks")
      .split(/[\s,]+/)
      .filter((glob) => glob !== "");
    const order = { name: text("name").trim(), role, secret: text("secret") };
    if (await onSubmit(tasks.length === 0 ? order : { ...order, tasks })) form.reset();
  };
  return (
    <form class="access-form" aria-label={`New ${what}`} onSubmit={(event) => void submit(event)}>
      <input
        class="input"
        name="name"
        aria-label={`Name of the new ${what}`}
        placeholder="Name"
        autocomplete="off"
        required
      />
      {what === "user" && (
        <input
          class="input"
          name="secret"
          type="password"
          aria-label="Password of the new user"
          placeholder="Password"
          autocomplete="new-password"
          required
        />
      )}
      <select
        class="input"
        aria-label={`Role of the new ${what}`}
        value={role}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      >
        {ROLES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      {role !== "admin" && (
        <input
          class="input"
          name="tasks"
          aria-label={`Tasks of the new ${what}`}
          placeholder="All tasks, or web-* db"
          autocomplete="off"
        />
      )}
      <button type="submit" class="button">
        {what === "user" ? "Add" : "Make"}
      </button>
    </form>
  );
}
