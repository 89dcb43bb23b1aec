/** Asks for a password: of a person without showing it, of a program by its standard input. */

const BACKSPACE = new Set(["\b", "\u007F"]);
const END = new Set(["\r", "\n", "\u0004"]);
const INTERRUPT = "\u0003";
const INTERRUPTED = 130;

/** Why there is no password, in one line. */
export class PasswordError extends Error {
  override readonly name = "PasswordError";
}

/** Throws PasswordError. */
export async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) return firstLine(await Bun.stdin.text());
  const password = await typed("Password: ");
  if ((await typed("Again: ")) !== password) throw new PasswordError("The two are not the same");
  return password;
}

function firstLine(text: string): string {
  const [line = ""] = text.split(/\r?\n/, 1);
  if (line === "") throw new PasswordError("No password came in by standard input");
  return line;
}

function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  let letters: string[] = [];
  return new Promise((resolve) => {
    const end = () => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
    };
    const take = (text: string) => {
      for (const letter of text) {
        if (letter === INTERRUPT) {
          end();
          process.exit(INTERRUPTED);
        }
        if (END.has(letter)) {
          end();
          return resolve(letters.join(""));
        }
        if (BACKSPACE.has(letter)) letters = letters.slice(0, -1);
        else letters.push(letter);
      }
    };
    stdin.on("data", take);
  });
}
