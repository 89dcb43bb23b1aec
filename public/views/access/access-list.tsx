/** Who or what may come in, and the button that ends that. */

export type AccessRow = { id: string; name: string; about: string };

export type AccessListProps = {
  title: string;
  verb: string;
  rows: readonly AccessRow[];
  onEnd: (id: string) => void;
};

export function AccessList({ title, verb, rows, onEnd }: AccessListProps) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {rows.length === 0 && <p class="muted">None</p>}
      <ul class="access-list">
        {rows.map(({ id, name, about }) => (
          <li key={id}>
            <span>
              <b>{name}</b> <span class="muted">{about}</span>
            </span>
            <button
              type="button"
              class="button button-quiet"
              aria-label={`${verb} ${name}`}
              onClick={() => onEnd(id)}
            >
              {verb}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
