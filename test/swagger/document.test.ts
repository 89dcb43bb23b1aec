import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { serveInProcess } from "../helpers/in-process.ts";
import { startService } from "../helpers/service.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";
import {
  callsOf,
  type Content,
  contentsOf,
  type Document,
  examplesOf,
  hasExample,
  makeJudge,
  nameOf,
  pointer,
  readDocument,
} from "./document.ts";

describe("the OpenAPI document", () => {
  const folder = makeFolder();
  let close: () => Promise<void>;
  let document: Document;

  beforeAll(async () => {
    const service = await serveInProcess(folder.path);
    close = service.close;
    document = await readDocument(service.baseUrl);
  });
  afterAll(async () => {
    await close();
    folder.remove();
  });

  test("is valid", async () => {
    const result = await new Validator().validate({ ...document });
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  test("has every call of the 1.x contract and of the newer API", () => {
    expect(callsOf(document).map(nameOf).sort()).toEqual([
      "DELETE /api/v1/session",
      "DELETE /api/v1/sessions/{id}",
      "DELETE /api/v1/tasks/{name}",
      "DELETE /api/v1/tasks/{name}/output",
      "DELETE /api/v1/tokens/{id}",
      "DELETE /api/v1/users/{user}",
      "DELETE /proc",
      "GET /api/v1/audit",
      "GET /api/v1/events",
      "GET /api/v1/plugins",
      "GET /api/v1/runs",
      "GET /api/v1/runs/{id}",
      "GET /api/v1/runs/{id}/output",
      "GET /api/v1/schedule",
      "GET /api/v1/schedule/preview",
      "GET /api/v1/session",
      "GET /api/v1/sessions",
      "GET /api/v1/system",
      "GET /api/v1/tasks",
      "GET /api/v1/tasks/{name}",
      "GET /api/v1/tasks/{name}/output",
      "GET /api/v1/tasks/{name}/output/files",
      "GET /api/v1/tasks/{name}/output/files/{file}",
      "GET /api/v1/tasks/{name}/output/stream",
      "GET /api/v1/tokens",
      "GET /api/v1/users",
      "GET /api/v1/webhooks",
      "GET /api/v1/webhooks/{name}/dead-letters",
      "GET /healthz",
      "GET /metrics",
      "GET /proc",
      "GET /proc/output",
      "GET /readyz",
      "PATCH /api/v1/tasks/{name}",
      "PATCH /api/v1/users/{user}",
      "POST /api/v1/apply",
      "POST /api/v1/plan",
      "POST /api/v1/session",
      "POST /api/v1/tasks",
      "POST /api/v1/tasks/restart",
      "POST /api/v1/tasks/start",
      "POST /api/v1/tasks/stop",
      "POST /api/v1/tasks/{name}/pause",
      "POST /api/v1/tasks/{name}/reload",
      "POST /api/v1/tasks/{name}/restart",
      "POST /api/v1/tasks/{name}/resume",
      "POST /api/v1/tasks/{name}/run",
      "POST /api/v1/tasks/{name}/signal",
      "POST /api/v1/tasks/{name}/start",
      "POST /api/v1/tasks/{name}/stdin",
      "POST /api/v1/tasks/{name}/stop",
      "POST /api/v1/tokens",
      "POST /api/v1/users",
      "POST /api/v1/webhooks/{name}/dead-letters/{id}/retry",
      "POST /api/v1/webhooks/{name}/test",
      "POST /proc",
      "PUT /api/v1/tasks/{name}",
      "PUT /api/v1/users/{user}/password",
      "PUT /proc",
    ]);
  });

  test("says of each call what it does, in a line and at length", () => {
    const poor = callsOf(document).filter(({ operation: { summary, description, tags = [] } }) => {
      return !summary || !description || tags.length !== 1;
    });
    expect(poor.map(nameOf)).toEqual([]);
  });

  test("says of each answer what it means", () => {
    const poor = callsOf(document).filter(({ operation }) =>
      Object.values(operation.responses).some((answer) => !answer.description),
    );
    expect(poor.map(nameOf)).toEqual([]);
  });

  test("says of each tag what it is about", () => {
    const described = document.tags.filter((tag) => tag.description).map((tag) => tag.name);
    expect(described).toEqual(document.tags.map((tag) => tag.name));
    const used = callsOf(document).flatMap(({ operation }) => operation.tags ?? []);
    expect(new Set(used)).toEqual(new Set(described));
  });

  test("has an example for each call: of its body or an answer, or in the schema of one", () => {
    const shown = (content: Content) =>
      examplesOf(content).length > 0 || hasExample(document, content.schema);
    const without = callsOf(document).filter(
      (call) => !contentsOf(call).some(([, content]) => shown(content)),
    );
    expect(without.map(nameOf)).toEqual([]);
  });

  test("has no example that its own schema refuses", () => {
    const judge = makeJudge(document);
    const wrong = callsOf(document)
      .flatMap(contentsOf)
      .filter(([, { schema }]) => schema !== undefined)
      .flatMap(([at, content]) =>
        examplesOf(content).flatMap((example) =>
          judge(`${at}/schema`, example).map((error) => `${at} ${error}`),
        ),
      );
    expect(wrong).toEqual([]);
  });

  test("has each parameter once, described, with a type and an example that fits", () => {
    const judge = makeJudge(document);
    for (const call of callsOf(document)) {
      const { parameters = [] } = call.operation;
      const names = parameters.map((each) => `${each.in} ${each.name}`);
      expect({ call: nameOf(call), names }).toEqual({ call: nameOf(call), names: [...new Set(names)] });
      for (const [i, { description, schema, example }] of parameters.entries()) {
        expect([nameOf(call), description !== undefined, schema !== undefined]).toEqual([
          nameOf(call),
          true,
          true,
        ]);
        const at = pointer([
          "paths",
          call.path,
          call.method.toLowerCase(),
          "parameters",
          String(i),
          "schema",
        ]);
        if (example !== undefined) expect(judge(at, example)).toEqual([]);
      }
    }
  });

  test("declares the parameters of a path, and no others of that kind", () => {
    for (const { path, operation } of callsOf(document)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1]));
      const declared = (operation.parameters ?? []).filter((each) => each.in === "path");
      expect(declared.map((each) => [each.name, each.required])).toEqual(inPath.map((name) => [name, true]));
    }
  });

  test("calls no two operations the same", () => {
    const ids = callsOf(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(undefined);
  });

  test("names the service itself as the server", () => {
    expect(document.servers.map(({ url }) => url)).toEqual(["/"]);
  });
});

describe("the servers of the document follow [web]", () => {
  test.each([
    ['[web]\nip = "meproc.example.org"\nport = 8443', /^http:\/\/meproc\.example\.org:8443$/],
    ['[web]\nip = "203.0.113.7"', /^http:\/\/203\.0\.113\.7:\d+$/],
    ['[web]\nip = "2001:db8::1"\nport = 80', /^http:\/\/\[2001:db8::1\]:80$/],
    ["[web]\nport = 9000", /^http:\/\/127\.0\.0\.1:9000$/],
  ])(
    "%j",
    async (config, url) => {
      const service = await startService({ config });
      const { servers } = await readDocument(service.url);
      expect(servers.map((server) => server.url)).toEqual([expect.stringMatching(url), "/"]);
    },
    20_000,
  );
});
