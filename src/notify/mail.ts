/** Sends a notice by mail. The library is loaded with the first one. */
import type { MailDefinition } from "../domain/notify.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Send } from "./receiver.ts";
import { type Sender, headline } from "./templates.ts";

const IMPLICIT_PORT = 465;
const SUBMISSION_PORT = 587;
const SUBJECT_MAX = 150;
/** The server has the timeout at each of a few steps, and all of them together end too. */
const STEPS = 3;

const WORDS: Readonly<Record<string, string>> = {
  EAUTH: "it refuses user or password",
  ECONNECTION: "it cannot be reached",
  ESOCKET: "it cannot be reached",
  EDNS: "its host is not known",
  ETIMEDOUT: "no answer in time",
  ETLS: "it offers no encryption",
  EENVELOPE: "it refuses sender or recipient",
  EMESSAGE: "it refuses the message",
};

export function mailSend(mail: MailDefinition, sender: Sender, timeoutMs: number): Send {
  let transport: Promise<Transport> | null = null;
  return async (id, notice, signal) => {
    try {
      transport ??= open(mail, timeoutMs);
      const sending = (await transport).sendMail({
        from: mail.from,
        to: [...mail.to],
        subject: headline(notice, sender).replace(/\s+/g, " ").slice(0, SUBJECT_MAX),
        text: `${notice.text}\n\n${detailsOf(notice, sender)}`,
        messageId: `<${id}@meproc>`,
        headers: { "Auto-Submitted": "auto-generated" },
      });
      await orAborted(sending, AbortSignal.any([signal, AbortSignal.timeout(STEPS * timeoutMs)]));
      return { status: null, reason: null };
    } catch (error) {
      const status = statusOf(error);
      const code = codeOf(error) ?? "";
      // what the server said may hold what it was sent, such as the password
      return {
        status,
        reason: WORDS[code] ?? (status === null ? "it cannot be reached" : `it answers ${status}`),
      };
    }
  };
}

type Transport = Awaited<ReturnType<typeof open>>;

async function open({ host, port, tls = "starttls", user, password }: MailDefinition, timeoutMs: number) {
  const { createTransport } = await import("nodemailer");
  const secure = tls === "implicit" || (tls === "starttls" && port === IMPLICIT_PORT);
  return createTransport({
    host,
    port: port ?? (secure ? IMPLICIT_PORT : SUBMISSION_PORT),
    secure,
    requireTLS: tls === "starttls" && !secure,
    ignoreTLS: tls === "none",
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function orAborted<T>(sending: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(new Error("aborted"));
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    sending.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function detailsOf({ event, task, alias, time, count }: Parameters<Send>[1], { host }: Sender): string {
  const rows: [string, string | null][] = [
    ["Host", host],
    ["Task", task],
    ["Process", alias],
    ["Event", event],
    ["Count", String(count)],
    ["Time", time],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\n`])).join("");
}

function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("responseCode" in error)) return null;
  return typeof error.responseCode === "number" ? error.responseCode : null;
}
