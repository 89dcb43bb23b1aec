/** Who may come in: one's own sessions, and for an admin everybody's, with users and tokens. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import {
  addUser,
  createToken,
  endSession,
  listSessions,
  listTokens,
  listUsers,
  removeUser,
  revokeToken,
} from "../../api/session.ts";
import { Modal } from "../../parts/modal.tsx";
import { closeDialog } from "../../state/dialogs.ts";
import { may, visitor } from "../../state/session.ts";
import { useStore } from "../../state/store.ts";
import { tell } from "../../state/toasts.ts";
import { AccessForm } from "./access-form.tsx";
import { AccessList } from "./access-list.tsx";

export function AccessDialog() {
  const admin = useStore(visitor, may("admin"));
  const sessions = useListed(listSessions);
  return (
    <Modal title="Access" size="medium" onClose={closeDialog}>
      <div class="access">
        <AccessList
          title="Sessions"
          verb="End"
          rows={sessions.items.map(({ id, actor, address, current }) => ({
            id,
            name: actor,
            about: `${address}${current ? ", this one" : ""}`,
          }))}
          onEnd={(id) => void sessions.after(endSession(id), "The session has ended")}
        />
        {admin && <Users />}
        {admin && <Tokens />}
      </div>
    </Modal>
  );
}

function Users() {
  const users = useListed(listUsers);
  return (
    <>
      <AccessList
        title="Users"
        verb="Remove"
        rows={users.items.map(({ name, role, tasks }) => ({ id: name, name, about: rightsOf(role, tasks) }))}
        onEnd={(name) => void users.after(removeUser(name), `Removed ${name}`)}
      />
      <AccessForm
        what="user"
        onSubmit={({ secret, ...user }) =>
          users.after(addUser({ ...user, password: secret }), `Added ${user.name}`)
        }
      />
    </>
  );
}

function Tokens() {
  const tokens = useListed(listTokens);
  const [made, setMade] = useState<string | null>(null);
  const make = async (order: Parameters<typeof createToken>[0]) => setMade((await createToken(order)).token);
  return (
    <>
      <AccessList
        title="Tokens"
        verb="Revoke"
        rows={tokens.items.map(({ id, name, role, tasks, expires_at }) => ({
          id,
          name,
          about: `${rightsOf(role, tasks)}${expires_at === null ? "" : `, until ${expires_at.slice(0, 10)}`}`,
        }))}
        onEnd={(id) => void tokens.after(revokeToken(id), "Revoked the token")}
      />
      {made !== null && (
        <p class="access-made" role="status">
          The new token, shown this once: <code>{made}</code>
        </p>
      )}
      <AccessForm
        what="token"
        onSubmit={({ secret: _, ...token }) => tokens.after(make(token), `Made the token ${token.name}`)}
      />
    </>
  );
}

/** A list that is read at once, and again after each change; a change that failed is told. */
function useListed<T>(read: () => Promise<T[]>) {
  const [items, setItems] = useState<readonly T[]>([]);
  const refresh = async () => {
    try {
      setItems(await read());
    } catch (error) {
      tell("failed", messageOf(error));
    }
  };
  useEffect(() => void refresh(), []);
  const after = async (change: Promise<unknown>, done: string): Promise<boolean> => {
    try {
      await change;
      tell("done", done);
      return true;
    } catch (error) {
      tell("failed", messageOf(error));
      return false;
    } finally {
      await refresh();
    }
  };
  return { items, after };
}

function rightsOf(role: string, tasks: readonly string[] | null): string {
  return tasks === null ? role : `${role} of ${tasks.join(", ")}`;
}
