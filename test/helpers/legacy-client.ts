/** A client of /proc, as those of Meproc 1.x are: JSON in a body that says it is a form. */
export interface Answer<Data = undefined> {
  readonly status: number;
  readonly type: string | null;
  readonly body: { readonly msg: string; readonly code: number; readonly data: Data };
}

export interface LegacyTask {
  readonly cmd: string;
  readonly cron?: string;
  readonly deps: readonly string[];
  readonly name: string;
  readonly type: string;
  readonly user: string | null;
  readonly group: string | null;
  readonly replica: number;
  readonly running: number;
  readonly interval: number;
  readonly run_flag: boolean;
  readonly last_time: number;
  readonly start_time: number;
}

export interface LegacyProcess {
  readonly pid: number | "";
  readonly alias: string;
  readonly command: string;
}

export interface Listing {
  readonly tasks: Readonly<Record<string, LegacyTask>>;
  readonly running: readonly LegacyProcess[];
}

/** What curl sends with -d. */
const FORM = { "content-type": "application/x-www-form-urlencoded" };

export type LegacyClient = ReturnType<typeof legacyClient>;

export function legacyClient(baseUrl: string) {
  const call = async <Data>(path: string, init: RequestInit = {}): Promise<Answer<Data>> => {
    const response = await fetch(`${baseUrl}${path}`, init);
    const body = (await response.json()) as Answer<Data>["body"];
    return { status: response.status, type: response.headers.get("content-type"), body };
  };
  const of = (name: string) => `?name=${encodeURIComponent(name)}`;
  const list = async (): Promise<Listing> => (await call<Listing>("/proc")).body.data;
  return {
    call,
    /** A text is sent as it is, anything else as JSON. */
    post: (body: unknown) =>
      call("/proc", {
        method: "POST",
        headers: FORM,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    put: (name: string) => call(`/proc${of(name)}`, { method: "PUT" }),
    remove: (name: string) => call(`/proc${of(name)}`, { method: "DELETE" }),
    list,
    task: async (name: string): Promise<LegacyTask> => {
      const task = (await list()).tasks[name];
      if (task === undefined) throw new Error(`${name} is not in the list`);
      return task;
    },
    /** The task's processes, in the order of their aliases. */
    running: async (name: string): Promise<LegacyProcess[]> => {
      const { running } = await list();
      return running.filter(({ alias }) => alias.slice(0, alias.lastIndexOf(":")) === name);
    },
    /** What each replica has written, decoded. */
    output: async (name: string, query = ""): Promise<Record<string, Buffer>> => {
      const { body } = await call<Record<string, string>>(`/proc/output${of(name)}${query}`);
      const decoded = Object.entries(body.data).map(([alias, text]) => [alias, Buffer.from(text, "base64")]);
      return Object.fromEntries(decoded);
    },
  };
}
