/** Widgets of one control: a line of text or a number, yes or no, lines of names and values, and JSON for whatever has no widget. */
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

/** Names and values, a line each. */
export function PairsInput(props: InputProps) {
  return <Lines {...props} placeholder={props.field.placeholder} />;
}

export function JsonInput(props: InputProps) {
  return <Lines {...props} placeholder={props.field.placeholder === "" ? "JSON" : props.field.placeholder} />;
}

type LinesProps = InputProps & { placeholder: string };

function Lines({ id, field, value, onChange, invalid, describedBy, placeholder }: LinesProps) {
  return (
    <textarea
      id={id}
      class="input mono"
      name={field.key}
      rows={2}
      spellcheck={false}
      autoCapitalize="off"
      placeholder={placeholder}
      value={String(value)}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}
