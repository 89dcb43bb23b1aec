/** What to search for, in everything that is kept. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Search } from "../../output/pattern.ts";
import { Icon } from "../../parts/icon.tsx";

export type SearchFormProps = { search: Search | null; onSearch: (search: Search | null) => void };

const EMPTY: Search = { text: "", regex: false, matchCase: false };

export function SearchForm({ search, onSearch }: SearchFormProps) {
  const [typed, setTyped] = useState(search ?? EMPTY);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (search === null) setTyped((now) => ({ ...now, text: "" }));
  }, [search]);
  const toggle = (change: Partial<Search>) => {
    const next = { ...typed, ...change };
    setTyped(next);
    if (search !== null && next.text !== "") onSearch(next);
    field.current?.focus();
  };
  return (
    <search>
      <form
        class="output-search"
        onSubmit={(event) => {
          event.preventDefault();
          onSearch(typed.text === "" ? null : typed);
        }}
      >
        <label class="find">
          <Icon name="search" />
          <span class="hidden">Search the output</span>
          <input
            ref={field}
            type="search"
            placeholder="Search all of it"
            spellcheck={false}
            autoCapitalize="off"
            enterKeyHint="search"
            value={typed.text}
            onInput={(event) => {
              const text = event.currentTarget.value;
              setTyped({ ...typed, text });
              if (text === "" && search !== null) onSearch(null);
            }}
          />
        </label>
        <button
          type="button"
          class="switch"
          aria-pressed={typed.regex}
          aria-label="Regular expression"
          title="Regular expression"
          onClick={() => toggle({ regex: !typed.regex })}
        >
          .*
        </button>
        <button
          type="button"
          class="switch"
          aria-pressed={typed.matchCase}
          aria-label="Match case"
          title="Match case"
          onClick={() => toggle({ matchCase: !typed.matchCase })}
        >
          Aa
        </button>
        <button type="submit" class="button wide-only">
          Search
        </button>
      </form>
    </search>
  );
}
