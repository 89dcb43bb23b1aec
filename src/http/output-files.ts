/** /api/v1/tasks/{name}/output/files: the files in which captured output lies, as they are. */
import { Elysia } from "elysia";
import type { HttpDeps } from "./deps.ts";
import { fileAnswer, noSuchFile } from "./file-answer.ts";
import { outputFileDocs, outputFilesDocs } from "./output-docs.ts";
import { outputFileView } from "./output-file-view.ts";
import { aliasesOf } from "./replicas.ts";

export function outputFileRoutes({ supervisor, captured }: HttpDeps) {
  return new Elysia({ name: "output-files", prefix: "/tasks" })
    .get(
      "/:name/output/files",
      async ({ params, query }) => {
        const files = await captured.files(aliasesOf(supervisor.get(params.name), query));
        return { items: files.map(outputFileView), next_cursor: null };
      },
      { detail: outputFilesDocs },
    )
    .get(
      "/:name/output/files/:file",
      async ({ params, request }) => {
        const { file } = params;
        const path = await captured.filePath(aliasesOf(supervisor.get(params.name), {}), file);
        if (path === null) throw noSuchFile();
        return fileAnswer(path, file, request);
      },
      { detail: outputFileDocs },
    );
}
