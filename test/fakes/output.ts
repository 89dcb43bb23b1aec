/** Captured output in memory: lines that the test has written, files that it has laid down, and who reads. */
import type {
  FollowFrom,
  OutputArchive,
  OutputFile,
  OutputKeeper,
  OutputLine,
  OutputPiece,
  OutputQuery,
} from "../../src/domain/output.ts";
import type { OutputPage } from "../../src/domain/ports.ts";

const encoder = new TextEncoder();

export class FakeOutput implements OutputArchive, OutputKeeper {
  readonly written: OutputLine[] = [];
  readonly asked: OutputQuery[] = [];
  readonly followed: { query: Pick<OutputQuery, "aliases" | "stream" | "run">; from: FollowFrom }[] = [];
  readonly cleared: string[] = [];
  readonly paths = new Map<string, string>();
  readonly listed: OutputFile[] = [];
  /** What `lines` fails with. */
  failure: Error | null = null;
  /** How many pieces were taken by followers, and how many followers there are. */
  taken = 0;
  followers = 0;
  #wake: (() => void)[] = [];
  readonly #pieces: OutputPiece[] = [];

  write(alias: string, text: string, more: Partial<OutputLine> = {}): void {
    const bytes = encoder.encode(text);
    this.written.push({ alias, time: 1000, stream: "stdout", run: "r1", ...more, bytes });
  }

  /** Hands a piece to those who follow. */
  tell(alias: string, text: string, more: Partial<OutputPiece> = {}): void {
    const n = this.#pieces.length + 1;
    const piece = { alias, time: 1000, stream: "stdout", run: "r1", missed_bytes: 0 } as const;
    this.#pieces.push({ ...piece, bytes: encoder.encode(text), to: `2026-11-22:${n}`, ...more });
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async *lines(query: OutputQuery): AsyncGenerator<readonly OutputLine[]> {
    this.asked.push(query);
    const batch = this.written.filter(({ alias }) => query.aliases.includes(alias));
    for (const line of batch) yield [line];
    if (this.failure !== null) throw this.failure;
  }

  async *bytes(query: OutputQuery): AsyncGenerator<Uint8Array> {
    for await (const lines of this.lines(query)) for (const { bytes } of lines) yield bytes;
  }

  async *pieces(
    query: Pick<OutputQuery, "aliases" | "stream" | "run">,
    from: FollowFrom,
    signal: AbortSignal,
  ): AsyncGenerator<OutputPiece> {
    this.followed.push({ query, from });
    this.followers++;
    signal.addEventListener("abort", () => this.#wakeAll());
    try {
      for (let at = 0; !signal.aborted;) {
        const piece = this.#pieces[at];
        if (piece === undefined) await new Promise<void>((resolve) => this.#wake.push(resolve));
        else {
          at++;
          this.taken++;
          if (query.aliases.includes(piece.alias)) yield piece;
        }
      }
    } finally {
      this.followers--;
    }
  }

  async files(aliases: readonly string[]): Promise<OutputFile[]> {
    return this.listed.filter(({ alias }) => aliases.includes(alias));
  }

  async filePath(aliases: readonly string[], name: string): Promise<string | null> {
    return aliases.some((alias) => name.startsWith(`${alias}-`)) ? (this.paths.get(name) ?? null) : null;
  }

  setPolicy(): void {
    return;
  }

  async clear(aliases: readonly string[]): Promise<void> {
    this.cleared.push(...aliases);
  }

  async today(): Promise<Uint8Array> {
    return new Uint8Array();
  }

  async page(alias: string, before: string | null, limit: number): Promise<OutputPage> {
    const bytes = encoder.encode(`${alias} ${before} ${limit}\n`);
    return { bytes, from: "2026-11-22:5", to: "2026-11-22:9", more: true };
  }
}
