/** Widgets of one control: a line of text or a number, yes or no, and JSON for whatever has no widget yet. */
import type { InputProps } from "./field-row.tsx";

const MONOSPACE = new Set(["cmd", "cron"]);

export function TextInput({ id, field, value, onChange, invalid, describedBy }: InputProps) {
  return (
    <input
      id={id}
      class={MONOSPACE.has(field.key) ? "input mono" : "input"}
      name={field.key}
      inputMode={field.kind === "number" ? "numeric" : "text"}
      spellcheck={false}
      autoCapitalize="off"
      placeholder={field.placeholder}
      value={String(value)}
      required={field.required}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}

export function FlagInput({ id, field, value, onChange, invalid, describedBy }: InputProps) {
  return (
    <select
      id={id}
      class="input"
      value={String(value)}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{field.placeholder === "" ? "not set" : `not set (${field.placeholder})`}</option>
      <option value="true">yes</option>
      <option value="false">no</option>
    </select>
  );
}

export function JsonInput({ id, field, value, onChange, invalid, describedBy }: InputProps) {
  return (
    <textarea
      id={id}
      class="input mono"
      rows={2}
      spellcheck={false}
      placeholder={field.placeholder === "" ? "JSON" : field.placeholder}
      value={String(value)}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}
