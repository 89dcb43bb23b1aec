/** Asks the service, and holds each answer against what the document declares of that call. */
import { callsOf, type Document, makeJudge, nameOf, pointer } from "./document.ts";

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asker {
  /** The status of the answer. Throws if the document does not declare such an answer. */
  ask(question: Question): Promise<number>;
  /** `GET /proc 200` and so on: the answers that have been seen. */
  readonly seen: ReadonlySet<string>;
}

export type Hear = (text: string, status: number, type: string) => void;

/** `hear` is told of each answer that is no stream. */
export function makeAsker(baseUrl: string, document: Document, hear: Hear = () => undefined): Asker {
  const seen = new Set<string>();
  const judge = makeJudge(document);
  const calls = callsOf(document);
  const ask = async ({ method, path, body, headers = {} }: Question): Promise<number> => {
    const [plain = ""] = path.split("?");
    const call = calls.find((each) => each.method === method && matches(each.path, plain));
    if (call === undefined) throw new Error(`${method} ${plain} is not declared`);
    const leave = new AbortController();
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: { ...headers },
      signal: leave.signal,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const { status } = response;
    const name = `${nameOf(call)} ${status}`;
    seen.add(name);
    const answer = call.operation.responses[String(status)];
    if (answer === undefined) throw new Error(`${name} is not declared: ${await response.text()}`);
    if (answer.content === undefined) hear(await response.text(), status, "");
    else {
      const type = response.headers.get("content-type")?.split(";")[0] ?? "";
      const declared = answer.content[type];
      if (declared === undefined) throw new Error(`${name} is ${type}, which is not declared`);
      if (type === "text/event-stream") leave.abort();
      else {
        const text = await response.text();
        hear(text, status, type);
        if (declared.schema === undefined || !type.endsWith("json")) return status;
        const parts = ["paths", call.path, method.toLowerCase(), "responses", `${status}`, "content", type];
        const values = valuesOf(type, text);
        const wrong = values.flatMap((value) => judge(pointer([...parts, "schema"]), value));
        if (wrong.length > 0) throw new Error(`${name}: ${wrong.join("; ")}`);
      }
    }
    return status;
  };
  return { ask, seen };
}

/** One, or one for each line. */
function valuesOf(type: string, text: string): unknown[] {
  const texts = type.endsWith("ndjson") ? text.split("\n").filter((line) => line !== "") : [text];
  return texts.map((each): unknown => JSON.parse(each));
}

function matches(template: string, path: string): boolean {
  const [expected, actual] = [template.split("/"), path.split("/")];
  return (
    expected.length === actual.length &&
    expected.every((part, i) => part.startsWith("{") || part === actual[i])
  );
}
