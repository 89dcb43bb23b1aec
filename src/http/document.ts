/** The OpenAPI document at /swagger/json. Swagger UI itself is among the page's files, so that it works offline. */
import { swagger } from "@elysiajs/swagger";
import { Type } from "@sinclair/typebox";
import { NewToken, NewUser, RightsChange } from "../domain/accounts.ts";
import { ChangeSet, TaskSet } from "../domain/task-set.ts";
import { TaskDefinition } from "../domain/task.ts";
import { AuditView, CallerView, MadeToken, SessionView, TokenView, UserView } from "./account-views.ts";
import { webUrl } from "./address.ts";
import { OutcomeView } from "./bulk.ts";
import { CompanionView } from "./companion-view.ts";
import type { HttpDeps } from "./deps.ts";
import { openApi } from "./openapi.ts";
import { OutputFileView } from "./output-file-view.ts";
import { Problem } from "./problem.ts";
import { RunView } from "./run-view.ts";
import { Login } from "./sessions.ts";
import { Time, nullable } from "./schemas.ts";
import { TaskDetails, TaskView } from "./task-view.ts";
import { AttemptView, DeadLetterView, WebhookView } from "./webhooks.ts";

const Appointment = Type.Object({ task: Type.String(), at: Time }, { title: "Run to come" });

const Preview = Type.Object(
  {
    timezone: Type.String({ description: "In which the expression is read" }),
    problem: nullable(Type.String({ description: "What is wrong with it" })),
    next: Type.Array(Time),
  },
  { title: "Preview of a schedule" },
);

const LegacyAnswer = Type.Object(
  {
    msg: Type.String(),
    code: Type.Integer(),
    data: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { title: "Answer of Meproc 1.x" },
);

const SECURITY = {
  token: { type: "http", scheme: "bearer", description: "A token: the first one, or one made for this" },
  session: { type: "apiKey", in: "cookie", name: "meproc_session", description: "A session of the page" },
} as const;

export function documentRoutes({ version, config }: HttpDeps) {
  const web = webUrl(config);
  const schemas = {
    TaskDefinition: openApi(TaskDefinition),
    Task: openApi(TaskView),
    TaskDetails: openApi(TaskDetails),
    TaskList: listOf("Task"),
    Outcomes: listOf("Outcome"),
    Outcome: openApi(OutcomeView),
    TaskSet: openApi(TaskSet),
    ChangeSet: openApi(ChangeSet),
    Agenda: listOf("Appointment"),
    Appointment: openApi(Appointment),
    Preview: openApi(Preview),
    Run: openApi(RunView),
    RunList: listOf("Run"),
    OutputFile: openApi(OutputFileView),
    OutputFileList: listOf("OutputFile"),
    Login: openApi(Login),
    Caller: openApi(CallerView),
    Session: openApi(SessionView),
    SessionList: listOf("Session"),
    User: openApi(UserView),
    UserList: listOf("User"),
    NewUser: openApi(NewUser),
    Rights: openApi(RightsChange),
    Token: openApi(TokenView),
    TokenList: listOf("Token"),
    NewToken: openApi(NewToken),
    MadeToken: openApi(MadeToken),
    AuditEntry: openApi(AuditView),
    AuditList: listOf("AuditEntry"),
    Plugin: openApi(CompanionView),
    PluginList: listOf("Plugin"),
    Webhook: openApi(WebhookView),
    WebhookList: listOf("Webhook"),
    DeadLetter: openApi(DeadLetterView),
    DeadLetterList: listOf("DeadLetter"),
    Attempt: openApi(AttemptView),
    Problem: openApi(Problem),
    LegacyAnswer: openApi(LegacyAnswer),
  };
  return swagger({
    path: "/swagger",
    specPath: "/swagger/json",
    documentation: {
      info: {
        title: "Meproc",
        version,
        description:
          "Starts, stops and restarts programs. `/proc` is the interface of Meproc 1.x; `/api/v1` is the newer one over the same tasks.",
        license: { name: "BSD-3-Clause" },
      },
      servers: web === null ? [{ url: "/", description: "This service" }] : [{ url: web }, { url: "/" }],
      tags: [
        { name: "Tasks", description: "Definitions, and what is done with them" },
        { name: "Sets", description: "Whole sets of tasks" },
        { name: "Schedule", description: "What runs when" },
        { name: "Runs", description: "What has run, and how it ended" },
        { name: "Output", description: "What the processes wrote" },
        { name: "Events", description: "What happens" },
        { name: "Webhooks", description: "Who is told of what happens" },
        { name: "Service", description: "The service itself" },
        { name: "Access", description: "Who may do what, and who did" },
        { name: "Meproc 1.x", description: "The interface of Meproc 1.x, to the letter" },
      ],
      components: { schemas: schemas as never, securitySchemes: SECURITY },
      security: Object.keys(SECURITY).map((name) => ({ [name]: [] })),
    },
  });
}

function listOf(name: string) {
  return {
    type: "object",
    required: ["items", "next_cursor"],
    properties: {
      items: { type: "array", items: { $ref: `#/components/schemas/${name}` } },
      next_cursor: { type: "string", nullable: true },
    },
  };
}
