/** Asks who somebody is: user and password, or a token. */
import { useState } from "preact/hooks";
import { Busy } from "../../parts/busy.tsx";
import { Logo } from "../../parts/logo.tsx";
import { enter, visitor } from "../../state/session.ts";
import { useStore } from "../../state/store.ts";

export function LoginView() {
  const trouble = useStore(visitor, (now) => now.trouble);
  const [byToken, setByToken] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || !(event.currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(event.currentTarget);
    const text = (name: string) => String(given.get(name) ?? "").trim();
    setBusy(true);
    await enter(
      byToken
        ? { token: text("token") }
        : { user: text("user"), password: String(given.get("password") ?? "") },
    );
    setBusy(false);
  };
  return (
    <main class="login">
      <form class="login-card" aria-labelledby="login-title" onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1 id="login-title">Log in to Meproc</h1>
        <div role="alert">{trouble !== null && <p class="login-trouble">{trouble}</p>}</div>
        {byToken ? (
          <Field name="token" label="Token" type="password" complete="off" />
        ) : (
          <>
            <Field name="user" label="User" type="text" complete="username" />
            <Field name="password" label="Password" type="password" complete="current-password" />
          </>
        )}
        <button type="submit" class="button button-main" aria-disabled={busy}>
          {busy && <Busy />}
          Log in
        </button>
        <button type="button" class="button button-quiet" onClick={() => setByToken(!byToken)}>
          {byToken ? "With user and password" : "With a token"}
        </button>
        {byToken && (
          <p class="field-hint">
            The first token is in the data directory of the service, in the file <code>token</code>.
          </p>
        )}
      </form>
    </main>
  );
}

type FieldProps = { name: string; label: string; type: "text" | "password"; complete: string };

function Field({ name, label, type, complete }: FieldProps) {
  const id = `login-${name}`;
  const common = { id, name, class: "input", autocomplete: complete, spellcheck: false, required: true };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "text" ? (
        <input {...common} type="text" autocapitalize="off" />
      ) : (
        <input {...common} type="password" />
      )}
    </div>
  );
}
