/** Who looks at the page. Until that is known, and while it is nobody, nothing of the service is read. */
import { AwayError, ProblemError, messageOf, onUnauthorized } from "../api/http.ts";
import { type Caller, type Proof, type Role, logIn, logOut, whoAmI } from "../api/session.ts";
import { createStore } from "./store.ts";

export type Visitor = {
  /** `null` before it is known, and for nobody. */
  caller: Caller | null;
  /** Somebody has to log in. */
  asked: boolean;
  /** Why the last attempt did not work. */
  trouble: string | null;
};

export const visitor = createStore<Visitor>({ caller: null, asked: false, trouble: null });

const ORDER: readonly Role[] = ["viewer", "operator", "admin"];
const TOKEN = /^#token=([0-9a-zA-Z_]+)$/;

/** Whether whoever looks may do what needs this role; the service decides, this only spares a refusal. */
export function may(role: Role): (now: Visitor) => boolean {
  return ({ caller }) => caller !== null && ORDER.indexOf(caller.role) >= ORDER.indexOf(role);
}

/** Takes a token out of the address, where nobody shall read or bookmark it; settles when there is somebody. */
export async function beginSession(): Promise<void> {
  onUnauthorized(() => visitor.update((now) => ({ ...now, caller: null, asked: true })));
  const [, token] = TOKEN.exec(location.hash) ?? [];
  if (token !== undefined) {
    history.replaceState(null, "", location.pathname + location.search);
    await enter({ token });
  }
  if (visitor.get().caller === null) await look();
  await somebody();
}

/** Logs in; says in the state why it did not work. */
export async function enter(proof: Proof): Promise<void> {
  try {
    const caller = await logIn(proof);
    visitor.update(() => ({ caller, asked: false, trouble: null }));
  } catch (error) {
    // nobody has to: what is to be known is who one is all the same
    if (error instanceof ProblemError && error.problem.status === 409) return;
    visitor.update(() => ({ caller: null, asked: true, trouble: messageOf(error) }));
  }
}

export async function leave(): Promise<void> {
  await logOut();
  // what was read is not for whoever comes next
  location.reload();
}

/** Asks the service; where it does not answer, the banner about that says so, and it is asked again. */
async function look(): Promise<void> {
  for (;;) {
    try {
      const caller = await whoAmI();
      return visitor.update((now) => ({ ...now, caller, asked: false }));
    } catch (error) {
      if (error instanceof ProblemError) return visitor.update((now) => ({ ...now, asked: true }));
      if (!(error instanceof AwayError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function somebody(): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (visitor.get().caller === null) return;
      stop();
      resolve();
    };
    const stop = visitor.subscribe(check);
    check();
  });
}
