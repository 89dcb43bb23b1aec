/** Names as a person writes them for many: `web*`. */

/** Whether a glob takes a text whole. Its time grows with the product of both lengths at the most. */
export function matches(glob: string, text: string): boolean {
  const pattern = [...glob];
  const letters = [...text];
  let p = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < letters.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = at;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === letters[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      // the star takes one letter more
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  return pattern.slice(p).every((letter) => letter === "*");
}
