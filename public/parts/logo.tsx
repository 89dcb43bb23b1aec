/** The mark beside the name; the same drawing as favicon.svg. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M8 23V11l8 8 8-8v12" />
    </svg>
  );
}
