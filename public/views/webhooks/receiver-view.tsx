/** One webhook, or mail: its state, the last try, a test, and its dead letters with a way to try them again. */
import { useId, useRef, useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import { type DeadLetter, retryDeadLetter, testWebhook } from "../../api/webhooks.ts";
import { Distance } from "../../parts/ago.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Busy } from "../../parts/busy.tsx";
import { may, visitor } from "../../state/session.ts";
import { useStore } from "../../state/store.ts";
import { tell } from "../../state/toasts.ts";
import { attemptWords, webhookCounts, webhookState } from "../../words/webhook.ts";
import type { Receiver } from "./use-receivers.ts";

export type ReceiverProps = { receiver: Receiver; refresh: () => Promise<void> };

export function ReceiverView({ receiver: { webhook, letters }, refresh }: ReceiverProps) {
  const admin = useStore(visitor, may("admin"));
  const heading = useId();
  const testButton = useRef<HTMLButtonElement>(null);
  const [testing, setTesting] = useState(false);
  const { name, last } = webhook;
  const { tone, word } = webhookState(webhook);
  const test = async () => {
    if (testing) return;
    setTesting(true);
    await sendTest(name);
    setTesting(false);
    await refresh();
  };
  const retry = async (letter: DeadLetter) => {
    // its row goes, and whoever stood there goes on from what stays
    if (await tryAgain(name, letter)) testButton.current?.focus();
    await refresh();
  };
  return (
    <section class="webhook" aria-labelledby={heading}>
      <header class="webhook-head">
        <h3 id={heading}>{name}</h3>
        <Badge tone={tone} word={word} />
        {admin && (
          <button
            ref={testButton}
            type="button"
            class="button"
            aria-label={`Test ${name}`}
            aria-disabled={testing}
            onClick={() => void test()}
          >
            {testing && <Busy />} Test
          </button>
        )}
      </header>
      <p class="muted">
        {webhook.kind === "mail" ? "mail" : "webhook"} to {webhook.target}; {webhookCounts(webhook)}
      </p>
      {last !== null && (
        <p>
          Last try <Distance at={last.at} />: {attemptWords(last)}
        </p>
      )}
      {webhook.next_attempt_at !== null && (
        <p>
          Next try <Distance at={webhook.next_attempt_at} />
        </p>
      )}
      {letters.length > 0 && (
        <ul class="access-list" aria-label={`Dead letters of ${name}`}>
          {letters.map((letter) => (
            <Letter key={letter.id} letter={letter} onRetry={admin ? retry : null} />
          ))}
        </ul>
      )}
    </section>
  );
}

type LetterProps = { letter: DeadLetter; onRetry: ((letter: DeadLetter) => Promise<void>) | null };

function Letter({ letter, onRetry }: LetterProps) {
  const [trying, setTrying] = useState(false);
  const retry = async () => {
    if (trying || onRetry === null) return;
    setTrying(true);
    await onRetry(letter);
    setTrying(false);
  };
  return (
    <li>
      <span>
        {letter.text}{" "}
        <span class="muted">
          <Distance at={letter.time} />, {letter.attempts === 1 ? "1 try" : `${letter.attempts} tries`}
          {letter.reason === null ? "" : `: ${letter.reason}`}
        </span>
      </span>
      {onRetry !== null && (
        <button
          type="button"
          class="button button-quiet"
          aria-label={`Retry ${letter.text}`}
          aria-disabled={trying}
          onClick={() => void retry()}
        >
          Retry
        </button>
      )}
    </li>
  );
}

async function sendTest(name: string): Promise<void> {
  try {
    const attempt = await testWebhook(name);
    tell(attempt.ok ? "done" : "failed", `The test of ${name} was ${attemptWords(attempt)}`);
  } catch (error) {
    tell("failed", `Could not test ${name}. ${messageOf(error)}`);
  }
}

/** Says whether it waits again. */
async function tryAgain(name: string, { id }: DeadLetter): Promise<boolean> {
  try {
    await retryDeadLetter(name, id);
    tell("done", `The message to ${name} waits again`);
    return true;
  } catch (error) {
    tell("failed", `Could not try it again. ${messageOf(error)}`);
    return false;
  }
}
