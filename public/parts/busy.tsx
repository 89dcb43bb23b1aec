/** A small turning circle, for what is under way; the words beside it say what. */
export function Busy() {
  return <span class="busy" aria-hidden="true" />;
}
