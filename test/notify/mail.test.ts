/** Mail, against a server of our own that speaks just enough SMTP. */
import { describe, expect, test } from "bun:test";
import { type Socket, createServer } from "node:net";
import { mailSend } from "../../src/notify/mail.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { notice } from "./facts.ts";

interface Server {
  readonly port: number;
  readonly said: string[];
  readonly messages: string[];
}

/** `answers` says what it answers to a command, by its first word, where that is not the usual. */
async function serveMail(answers: Readonly<Record<string, string>> = {}): Promise<Server> {
  const said: string[] = [];
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let data: string[] | null = null;
    let rest = "";
    socket.on("error", () => socket.destroy());
    socket.write("220 ready\r\n");
    socket.on("data", (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (data !== null && line !== ".") data.push(line);
        else if (data !== null) {
          messages.push(data.join("\n"));
          data = null;
          socket.write("250 taken\r\n");
        } else {
          said.push(line);
          const word = line.split(" ")[0] ?? "";
          const answer =
            answers[word] ?? { EHLO: "250-here\r\n250 AUTH PLAIN", DATA: "354 go on", QUIT: "221 bye" }[word];
          if (word === "DATA" && answers[word] === undefined) data = [];
          socket.write(`${answer ?? "250 fine"}\r\n`);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenDone(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === "object" ? (address?.port ?? 0) : 0, said, messages };
}

const sendTo = (port: number, more = {}) =>
  mailSend(
    {
      host: "127.0.0.1",
      port,
      tls: "none",
      from: "Meproc <meproc@example.com>",
      to: ["a@example.com", "b@example.com"],
      ...more,
    },
    { host: "server1" },
    500,
  )("id1", notice("web", "web:0 failed: exit code 1"), new AbortController().signal);

describe("mail", () => {
  test("says in its subject what happened, and goes to all", async () => {
    const server = await serveMail();
    expect(await sendTo(server.port)).toEqual({ status: null, reason: null });
    expect(server.said.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual([
      expect.stringMatching(/^MAIL FROM:<meproc@example.com>/),
      "RCPT TO:<a@example.com>",
      "RCPT TO:<b@example.com>",
    ]);
    const [message = ""] = server.messages;
    expect(message).toContain("Subject: error: web:0 failed: exit code 1 (server1)");
    expect(message).toContain("Message-ID: <id1@meproc>");
    expect(message).toContain("Task: web");
  });

  test("that a server refuses says so, without what the server said", async () => {
    const refusing = await serveMail({ AUTH: "535 wrong password hunter2" });
    const sent = await sendTo(refusing.port, { user: "meproc", password: "hunter2" });
    expect(sent).toEqual({ status: 535, reason: "it refuses user or password" });
  });

  test("never goes out in the clear where encryption is insisted on", async () => {
    const plain = await serveMail();
    const sent = await sendTo(plain.port, { tls: "starttls", user: "meproc", password: "hunter2" });
    expect(sent.reason).not.toBeNull();
    expect(plain.said.some((line) => line.startsWith("AUTH") || line.startsWith("MAIL"))).toBe(false);
  });

  test("to nobody says that", async () => {
    expect(await sendTo(1)).toEqual({ status: null, reason: "it cannot be reached" });
  });
});
