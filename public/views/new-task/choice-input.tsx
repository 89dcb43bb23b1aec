/** One of a few: side by side where one must be chosen, a list where it may be left open. */
import type { InputProps } from "./field-row.tsx";

const SIDE_BY_SIDE = 5;

export function ChoiceInput(props: InputProps) {
  const { field } = props;
  return field.required && field.options.length <= SIDE_BY_SIDE ? (
    <Segments {...props} />
  ) : (
    <Select {...props} />
  );
}

function Segments({ id, field, value, onChange, invalid, describedBy }: InputProps) {
  const chosen = field.options.find((option) => option.value === value);
  return (
    <>
      <div
        id={id}
        class="segments"
        role="radiogroup"
        aria-labelledby={`${id}-label`}
        aria-describedby={describedBy}
        data-invalid={invalid}
      >
        {field.options.map((option) => (
          <label key={option.value} class="segment">
            <input
              type="radio"
              name={id}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      {chosen?.description && (
        <p class="field-hint" aria-live="polite">
          {chosen.description}
        </p>
      )}
    </>
  );
}

function Select({ id, field, value, onChange, invalid, describedBy }: InputProps) {
  return (
    <select
      id={id}
      class="input"
      value={String(value)}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {!field.required && (
        <option value="">{field.placeholder === "" ? "not set" : field.placeholder}</option>
      )}
      {field.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
