/** A notice as the different receivers want it. */
import type { Notice, Template } from "../domain/notify.ts";

export interface Sender {
  readonly host: string;
}

const SIGNS = { info: "✅", warning: "⚠️", error: "🔴" } as const;
const COLOURS = { info: "Good", warning: "Warning", error: "Attention" } as const;
const DISCORD_MAX = 2000;
const TEXT_MAX = 3000;

/** The body of the request: JSON, whatever the template. */
export function bodyOf(template: Template, id: string, notice: Notice, { host }: Sender): string {
  switch (template) {
    case "json":
      return JSON.stringify({ id, host, ...notice });
    case "slack":
      return JSON.stringify({
        text: cut(`${SIGNS[notice.level]} *${slack(host)}* ${slack(notice.text)}`, TEXT_MAX),
      });
    case "discord":
      return JSON.stringify({
        content: cut(`${SIGNS[notice.level]} **${discord(host)}** ${discord(notice.text)}`, DISCORD_MAX),
        allowed_mentions: { parse: [] },
      });
    case "teams":
      return JSON.stringify(teams(notice, host));
  }
}

/** What people say in subject lines and chats. */
export function headline({ level, text }: Notice, { host }: Sender): string {
  return `${level === "info" ? "" : `${level}: `}${text} (${host})`;
}

function teams({ level, text, time }: Notice, host: string) {
  const line = (words: string, more: object) => ({ type: "TextBlock", text: words, wrap: true, ...more });
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            line(cut(markdown(text), TEXT_MAX), { weight: "Bolder", color: COLOURS[level] }),
            line(`${markdown(host)}, ${time}`, { isSubtle: true, spacing: "None" }),
          ],
        },
      },
    ],
  };
}

/** A reason may hold what a program wrote: it must neither mention people nor make links. */
function slack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function discord(text: string): string {
  return text.replace(/[\\*_~`|>[\]()#-]/g, "\\$&");
}

function markdown(text: string): string {
  return text.replace(/[\\*_`[\]#]/g, "\\$&");
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
