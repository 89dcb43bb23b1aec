/** What can be taken home: what is shown, what is asked for as text, and the files as they lie on disk. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import { listOutputFiles, type OutputFilter, outputFileUrl, outputTextUrl } from "../../api/output.ts";
import type { OutputFile } from "../../api/types.ts";
import { NO_FILTER } from "../../output/filter.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { bytesInWords } from "../../words/bytes.ts";
import { moment } from "../../words/moment.ts";

export type DownloadsProps = {
  name: string;
  /** The alias whose files are shown; null for those of all. */
  alias: string | null;
  filter: OutputFilter;
  /** The lines on the page as text. */
  textShown: () => string;
};

type Files =
  { kind: "loading" } | { kind: "failed"; message: string } | { kind: "ready"; files: OutputFile[] };

export function Downloads({ name, alias, filter, textShown }: DownloadsProps) {
  const files = useFiles(name);
  const isWhole = JSON.stringify({ ...filter, replica: null }) === JSON.stringify(NO_FILTER);
  return (
    <section class="downloads" aria-label="Download">
      <div class="downloads-text">
        <button type="button" class="button" onClick={() => save(`${alias ?? name}.txt`, textShown())}>
          <Icon name="download" />
          What is shown
        </button>
        <a class="button" href={outputTextUrl(name, filter)} download={`${alias ?? name}.log`}>
          <Icon name="download" />
          {isWhole ? "Everything, as one file" : "Everything that matches"}
        </a>
      </div>
      {files.kind === "loading" && (
        <p class="muted">
          <Busy /> Looking for the files…
        </p>
      )}
      {files.kind === "failed" && (
        <p class="field-problem" role="alert">
          {files.message}
        </p>
      )}
      {files.kind === "ready" && <FileTable name={name} files={files.files.filter(isOf(alias))} />}
    </section>
  );
}

function FileTable({ name, files }: { name: string; files: readonly OutputFile[] }) {
  if (files.length === 0) return <p class="muted">There are no files yet.</p>;
  return (
    <table class="files">
      <caption class="hidden">Files</caption>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col">Written</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <tr key={file.name}>
            <th scope="row">
              <a href={outputFileUrl(name, file.name)} download={file.name}>
                {file.name}
              </a>
            </th>
            <td class="number">
              {bytesInWords(file.size_bytes)}
              {file.compressed && <span class="muted"> compressed</span>}
            </td>
            <td>{file.open ? "being written" : moment(file.modified_at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const isOf = (alias: string | null) => (file: OutputFile) => alias === null || file.alias === alias;

function useFiles(name: string): Files {
  const [files, setFiles] = useState<Files>({ kind: "loading" });
  useEffect(() => {
    const outdated = new AbortController();
    listOutputFiles(name, outdated.signal).then(
      // The newest first: that is the one that is mostly wanted.
      (list) => setFiles({ kind: "ready", files: list.toReversed() }),
      (error: unknown) => {
        if (!outdated.signal.aborted) setFiles({ kind: "failed", message: messageOf(error) });
      },
    );
    return () => outdated.abort();
  }, [name]);
  return files;
}

function save(file: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  link.click();
  URL.revokeObjectURL(url);
}
