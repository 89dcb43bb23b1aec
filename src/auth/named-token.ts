/** A named token as it is typed: `mep_<id>_<secret>`. The id finds its record, the secret proves it. */

const FORM = /^mep_([0-9a-f]{16})_([0-9a-f]{64})$/;

export function formatToken(id: string, secret: string): string {
  return `mep_${id}_${secret}`;
}

/** `null` for what is no such token. */
export function parseToken(text: string): { readonly id: string; readonly secret: string } | null {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}
