/** One field: its label, its widget, and what it is for, or what the service says about what is in it. */
import { useId } from "preact/hooks";
import type { Field } from "../../form/fields.ts";
import type { Value } from "../../form/values.ts";
import { ChoiceInput } from "./choice-input.tsx";
import { CronPreview } from "./cron-preview.tsx";
import { ListInput } from "./list-input.tsx";
import { FlagInput, JsonInput, PairsInput, TextInput } from "./simple-inputs.tsx";

export type FieldRowProps = {
  field: Field;
  value: Value;
  problem: string | null;
  onChange: (value: Value) => void;
};

/** What every widget is given. `describedBy` names the hint and the problem. */
export type InputProps = Omit<FieldRowProps, "problem"> & {
  id: string;
  describedBy: string;
  invalid: boolean;
};

const WIDGETS = {
  text: TextInput,
  number: TextInput,
  flag: FlagInput,
  choice: ChoiceInput,
  list: ListInput,
  pairs: PairsInput,
  json: JsonInput,
} as const;

export function FieldRow({ field, value, problem, onChange }: FieldRowProps) {
  const id = useId();
  const Widget = WIDGETS[field.kind];
  const wide = field.required || field.isCron || ["list", "pairs", "json", "choice"].includes(field.kind);
  return (
    <div class="field" data-wide={wide} data-field={field.key}>
      <label for={id} id={`${id}-label`}>
        {field.label}
        {field.required && <span class="required"> required</span>}
      </label>
      <Widget
        id={id}
        field={field}
        value={value}
        onChange={onChange}
        invalid={problem !== null}
        describedBy={`${id}-hint ${id}-problem`}
      />
      <p id={`${id}-problem`} class="field-problem" role="alert">
        {problem}
      </p>
      {field.isCron && problem === null && <CronPreview expression={String(value).trim() || field.preset} />}
      {field.description !== null && problem === null && (
        <p id={`${id}-hint`} class="field-hint">
          {field.description}
        </p>
      )}
    </div>
  );
}
