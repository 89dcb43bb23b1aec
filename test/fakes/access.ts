/** Access as it is where nobody has to say who he is, and accounts that nobody has. */
import { ANYONE } from "../../src/domain/access.ts";
import { MeprocError } from "../../src/domain/errors.ts";
import type { HttpDeps } from "../../src/http/deps.ts";

const none = (): never => {
  throw new Error("There are no accounts here");
};

export const openAccess: Pick<HttpDeps, "access" | "accounts" | "audit" | "warnings"> = {
  access: {
    required: false,
    identify: () => ANYONE,
    look: () => ANYONE,
    failed: async () => undefined,
    login: async () => {
      throw new MeprocError("conflict", "Nobody has to log in here");
    },
    logout: () => undefined,
  },
  accounts: {
    users: () => [],
    addUser: none,
    changeUser: none,
    setPassword: none,
    removeUser: none,
    tokens: () => [],
    createToken: none,
    revokeToken: none,
    sessions: () => [],
    endSession: none,
  },
  audit: { addAudit: () => undefined, audit: () => [] },
  warnings: [],
};
