/** The webhooks and mail with their dead letters, read again while somebody looks. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import { type DeadLetter, type Webhook, listDeadLetters, listWebhooks } from "../../api/webhooks.ts";

export type Receiver = { webhook: Webhook; letters: readonly DeadLetter[] };

/** What becomes of messages is no fact: while the dialog is open, it is looked at so often. */
const AGAIN_MS = 3_000;

/** `receivers` is `null` until they have been read; what was read stays when a later reading fails. */
export function useReceivers() {
  const [receivers, setReceivers] = useState<readonly Receiver[] | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const turn = useRef(0);
  const again = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = async (): Promise<void> => {
    clearTimeout(again.current);
    turn.current += 1;
    const mine = turn.current;
    try {
      const read = await readReceivers();
      // an answer that is overtaken by a later question says what was
      if (mine !== turn.current) return;
      setReceivers(read);
      setTrouble(null);
    } catch (error) {
      if (mine !== turn.current) return;
      setTrouble(messageOf(error));
    }
    again.current = setTimeout(() => void refresh(), AGAIN_MS);
  };
  useEffect(() => {
    void refresh();
    return () => {
      turn.current += 1;
      clearTimeout(again.current);
    };
  }, []);
  return { receivers, trouble, refresh };
}

async function readReceivers(): Promise<readonly Receiver[]> {
  const webhooks = await listWebhooks();
  return Promise.all(
    webhooks.map(async (webhook) => ({
      webhook,
      letters: webhook.dead_letters === 0 ? [] : await listDeadLetters(webhook.name),
    })),
  );
}
