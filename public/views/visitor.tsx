/** Who looks at the page, and the ways to accounts and out, where somebody has to say who he is. */
import { messageOf } from "../api/http.ts";
import { openDialog } from "../state/dialogs.ts";
import { leave, visitor } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { tell } from "../state/toasts.ts";

export function Visitor() {
  const caller = useStore(visitor, (now) => now.caller);
  if (caller === null || caller.via === "none") return null;
  const out = () => leave().catch((error: unknown) => tell("failed", messageOf(error)));
  return (
    <>
      <button
        type="button"
        class="button button-quiet"
        title={`${caller.actor}, ${caller.role}`}
        onClick={() => openDialog({ kind: "access" })}
      >
        {caller.actor.replace(/^(user|token):/, "")}
      </button>
      <button type="button" class="button button-quiet" onClick={() => void out()}>
        Log out
      </button>
    </>
  );
}
