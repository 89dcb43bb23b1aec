/**
 * Passwords, by argon2id. Looking at one takes 64 MiB and a while on purpose, so only a few are looked at together, and an
 * unknown user costs the same as a wrong password.
 */
import { TooManyError } from "../domain/errors.ts";

const COST = { algorithm: "argon2id", memoryCost: 65_536, timeCost: 2 } as const;
/** Of a password that nobody knows. */
const NOBODY =
  "$argon2id$v=19$m=65536,t=2,p=1$Sk5DuATslLYpecKa/PucoaITloFPwitj1HG6IJvtDCI$gUh0qfxGW9at70rB4vUWGFfAyv5WJaaaO/cjwvKoLTM";
const AT_ONCE = 2;
const MOST_WAITING = 16;
const RETRY_S = 5;

export class Passwords {
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  hash(password: string): Promise<string> {
    return this.#inTurn(() => Bun.password.hash(normal(password), COST));
  }

  /** `hash` null is nobody's. Throws `too_many` if too many are asked about at the same time. */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const same = await this.#inTurn(() => Bun.password.verify(normal(password), hash ?? NOBODY));
    return same && hash !== null;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) throw new TooManyError(RETRY_S);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#busy++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}

/** However a keyboard puts it together, an é is an é. */
function normal(password: string): string {
  return password.normalize("NFC");
}
