/** Several short texts: each becomes a chip with Enter or a comma; Backspace takes the last one back. */
import { useState } from "preact/hooks";
import { Icon } from "../../parts/icon.tsx";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import type { InputProps } from "./field-row.tsx";

export function ListInput({ id, field, value, onChange, invalid, describedBy }: InputProps) {
  const [typed, setTyped] = useState("");
  const tasks = useStore(service, (now) => now.tasks);
  const chosen = typeof value === "string" ? [] : value;
  const suggestions = field.suggestsTasks ? [...tasks.keys()].filter((name) => !chosen.includes(name)) : [];
  const add = (text: string) => {
    const fresh = text.split(",").map((one) => one.trim());
    onChange([...new Set([...chosen, ...fresh.filter((one) => one !== "")])]);
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && typed.trim() !== "" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      add(typed);
    }
    if (event.key === "Backspace" && typed === "" && chosen.length > 0) onChange(chosen.slice(0, -1));
  };
  return (
    <div class="input chips">
      {chosen.map((one) => (
        <span key={one} class="chip">
          {one}
          <button
            type="button"
            aria-label={`Take out ${one}`}
            onClick={() => onChange(chosen.filter((other) => other !== one))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input
        id={id}
        list={`${id}-suggestions`}
        value={typed}
        spellcheck={false}
        autoCapitalize="off"
        placeholder={chosen.length === 0 ? field.placeholder : ""}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        onInput={(event) => {
          const text = event.currentTarget.value;
          if (text.includes(",") || (isPick(event) && suggestions.includes(text))) add(text);
          else setTyped(text);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => typed.trim() !== "" && add(typed)}
      />
      <datalist id={`${id}-suggestions`}>
        {suggestions.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}

/** A suggestion that is picked replaces the text; typing inserts into it. */
function isPick(event: Event): boolean {
  return !(event instanceof InputEvent) || event.inputType === "insertReplacementText";
}
