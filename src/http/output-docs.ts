/** What the OpenAPI document says of captured output. */
import {
  FORBIDDEN,
  INVALID,
  NOT_FOUND,
  NO_RUN,
  type Answer,
  type Parameter,
  documented,
  problem,
  query,
  ref,
  taskName,
} from "./docs.ts";
import { MAX_LINES, MAX_PATTERN } from "./output-query.ts";
import { DEFAULT_BYTES, FOLLOWED_LINES, MAX_BYTES, NEWEST_LINES } from "./output-read.ts";
import { SINCE } from "./since.ts";

const tag = "Output";

const text = { type: "string" };
const bit = { type: "string", enum: ["1", "true", "0", "false"] };

const replica = query("replica", "Only of the replica with this index; of all if not given", {
  type: "integer",
  minimum: 0,
});
const stream = query("stream", "Only of this stream", { type: "string", enum: ["stdout", "stderr"] });
const run = query("run", "Only of the run with this id", text);
const when = "a time of RFC 3339, or how long ago (`15m`, `2h`, `3d`)";
const filters: readonly Parameter[] = [
  query("since", `Only lines that ended then or later: ${when}`, SINCE),
  query("until", `Only lines that ended before then: ${when}`, SINCE),
  query("tail", "Only the newest so many lines of those that match", {
    type: "integer",
    minimum: 0,
    maximum: MAX_LINES,
  }),
  query(
    "grep",
    "Only lines that match this regular expression, in the syntax of JavaScript. It is looked for beside the service's work and given up after some seconds, or when nobody takes what it finds for half a minute",
    { ...text, maxLength: MAX_PATTERN },
  ),
  query("ignore_case", "`grep` makes no difference between capitals and small letters", bit),
  query("limit", "Only the first so many lines of those that match", {
    type: "integer",
    minimum: 1,
    maximum: MAX_LINES,
  }),
];
const follow = query(
  "follow",
  `\`1\` goes on with what is written, from the newest \`tail\` (${FOLLOWED_LINES}) lines on, until you leave (\`curl -N\`). Together with stream, run and tail only`,
  bit,
);

const LINE = {
  type: "object",
  required: ["time", "stream", "run", "replica", "text"],
  properties: {
    time: { type: "string", format: "date-time", nullable: true },
    stream: { type: "string", enum: ["stdout", "stderr", "meproc", null], nullable: true },
    run: { type: "string", nullable: true },
    replica: { type: "integer" },
    text: { type: "string", description: "Without the line's end; what is not UTF-8 as U+FFFD" },
  },
};
const LINE_EXAMPLE = {
  time: "2026-11-22T12:00:00.123Z",
  stream: "stdout",
  run: "01a20398-5f07-7566-adee-cc76a7cb3381",
  replica: 0,
  text: "listening on port 8080",
};
const BYTES: Answer = {
  description: "The output, in the form that Accept asks for",
  type: "text/plain",
  schema: text as never,
  example: "listening on port 8080\n",
  also: { "application/x-ndjson": { schema: LINE, example: LINE_EXAMPLE } },
};
const PAGED: Answer = {
  ...BYTES,
  also: {
    ...BYTES.also,
    "application/octet-stream": { schema: { type: "string", format: "binary" }, example: "listening\n" },
  },
};
const TOO_LONG = problem("The search took too long", "timeout", 504);

const FORMS =
  "`Accept: application/x-ndjson` gives a JSON object for each line: time (when its end was read; null if nobody can tell), stream (`meproc` for a line of the service's own), run, replica and text; a line longer than 64 KiB comes in pieces. Else the bytes are given as they were written, stdout and stderr in the order in which they were read; several replicas are merged by time, line by line.";

export const outputDocs = documented({
  tag,
  summary: "Captured output",
  description: `${FORMS} With any of stream, run, since, until, tail, grep and limit: all lines that match, over all files, also compressed ones, the oldest first. Without: the newest ${DEFAULT_BYTES >> 10} KiB (or \`bytes\`), from a line's start on; of several replicas, or as JSON, at most ${NEWEST_LINES} lines of it. Where it is the bytes of one replica, the headers Meproc-Output-From, -To and -More say where they lie and whether there is more before them, which \`before\` leads to.`,
  parameters: [
    taskName,
    replica,
    stream,
    run,
    ...filters,
    follow,
    query("before", "Of one replica: the position at which the page ends; the newest if not given", {
      type: "string",
      pattern: "^\\d{4}-\\d{2}-\\d{2}:\\d+$",
    }),
    query("bytes", "How many bytes at most, where nothing else is asked for", {
      type: "integer",
      minimum: 1,
      maximum: MAX_BYTES,
      default: DEFAULT_BYTES,
    }),
  ],
  answers: { 200: PAGED, 400: INVALID, 404: NOT_FOUND, 504: TOO_LONG },
});

export const runOutputDocs = (runId: Parameter) =>
  documented({
    tag,
    summary: "What a run has written",
    description: `${FORMS} All of it if nothing is asked for; also of tasks that are no more, as long as it is kept.`,
    parameters: [runId, stream, ...filters, follow],
    answers: { 200: BYTES, 400: INVALID, 404: NO_RUN, 504: TOO_LONG },
  });

export const clearOutputDocs = documented({
  tag,
  summary: "Remove captured output",
  description: "Its processes go on; what they write next begins a new file.",
  parameters: [taskName, replica],
  answers: {
    204: { description: "Removed" },
    400: INVALID,
    403: FORBIDDEN,
    404: NOT_FOUND,
    409: problem("Something of it could not be removed", "conflict", 409),
  },
});

export const outputStreamDocs = documented({
  tag,
  summary: "Output as it is written",
  description:
    'Server-sent events named `output`; the data is a JSON object with time, stream, run, replica and `data`, the bytes in base64: an event may begin and end anywhere, also within a character. The id is the place after the bytes; Last-Event-ID resumes there, exactly, over rotation and restarts of the service. A reader that is too slow, or comes when files are gone, gets an event `gap` with `{"replica", "missed_bytes"}` and goes on with the newest. Nothing is read while it does not take what it was sent.',
  parameters: [
    taskName,
    replica,
    stream,
    run,
    query("tail", "Begin with the newest so many lines", {
      type: "integer",
      minimum: 0,
      maximum: MAX_LINES,
      default: 0,
    }),
    query("after", "The id of an event to go on from, as Last-Event-ID; not together with tail", text),
  ],
  answers: {
    200: {
      description: "A stream of events",
      type: "text/event-stream",
      schema: text as never,
      example:
        'id: 2026-11-22:3\nevent: output\ndata: {"time":"2026-11-22T12:00:00.123Z","stream":"stdout","run":"01a20398-5f07-7566-adee-cc76a7cb3381","replica":0,"data":"aGkK"}\n\n',
    },
    400: INVALID,
    404: NOT_FOUND,
  },
});

const FILE = {
  name: "web:0-2026-11-22.log",
  alias: "web:0",
  replica: 0,
  day: "2026-11-22",
  size_bytes: 4096,
  compressed: false,
  open: true,
  modified_at: "2026-11-22T12:00:00.000Z",
};

export const outputFilesDocs = documented({
  tag,
  summary: "The files in which output lies",
  description: "In the order of writing. Days are in UTC; a closed file may be compressed.",
  parameters: [taskName, replica],
  answers: {
    200: {
      description: "The files",
      schema: ref("OutputFileList"),
      example: { items: [FILE], next_cursor: null },
    },
    400: INVALID,
    404: NOT_FOUND,
  },
});

const NO_FILE = problem("There is no such task, or no such file of it", "not_found", 404);
const FILE_BODY: Answer = {
  description: "The file as it lies on the disk",
  type: "text/plain",
  schema: text as never,
  example: "listening on port 8080\n",
  also: {
    "application/zstd": { schema: { type: "string", format: "binary" }, example: "compressed with zstd" },
  },
};

export const outputFileDocs = documented({
  tag,
  summary: "Download a file of output",
  description:
    "As it lies on the disk; a compressed one is read with `zstd -dc`. Range, If-Range and If-None-Match are known. One that is being written is sent as far as it was when it was asked for.",
  parameters: [
    taskName,
    {
      name: "file",
      in: "path",
      description: "The name of the file",
      schema: text,
      example: "web:0-2026-11-22.log",
    },
    { name: "Range", in: "header", description: "The part that is wanted, `bytes=0-4095`", schema: text },
    { name: "If-Range", in: "header", description: "The ETag of what is there already", schema: text },
  ],
  answers: {
    200: FILE_BODY,
    206: { ...FILE_BODY, description: "The part that was asked for" },
    304: { description: "It is the same as that of If-None-Match" },
    404: NO_FILE,
    416: problem("Nothing of what was asked for is there", "invalid", 416),
  },
});
