/** What must never be, and was. */
export class Violation extends Error {
  override readonly name = "Violation";
}
