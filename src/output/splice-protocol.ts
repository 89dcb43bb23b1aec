/** What the main thread and the capture thread say to each other. */

export interface ThreadSetup {
  readonly logDir: string;
  /** An eventfd: written to after each message, so that the thread wakes up and reads it. */
  readonly wakeFd: number;
}

export type ToThread =
  | ({ readonly kind: "setup" } & ThreadSetup)
  | {
      readonly kind: "open";
      readonly alias: string;
      readonly fd: number;
      readonly path: string;
      /** An earlier service has made it. */
      readonly resumed: boolean;
    }
  | { readonly kind: "note"; readonly alias: string; readonly text: string }
  /** To be told once when the file has grown beyond what `seen` stood for. */
  | { readonly kind: "watch"; readonly alias: string; readonly seen: number }
  | { readonly kind: "sync"; readonly id: number }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "grew"; readonly alias: string; readonly count: number }
  | { readonly kind: "synced"; readonly id: number }
  | { readonly kind: "lost"; readonly alias: string; readonly bytes: number; readonly reason: string }
  | { readonly kind: "closed" };
