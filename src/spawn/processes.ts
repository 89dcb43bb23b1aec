/** What a system tells of its processes; one small file for each. */

export interface ProcessFacts {
  readonly group: number;
  /** When it started, as the system counts. */
  readonly started: string;
  /** It is a zombie: nobody has collected its exit. */
  readonly ended: boolean;
  /** From its beginning to end until its exit has been collected. */
  readonly ending: boolean;
}

export interface Processes {
  /** The id of this boot of the machine; `null` where the system does not tell. */
  boot(): string | null;
  /** `null` if there is no such process, or it is not ours to look into. */
  look(pid: number): ProcessFacts | null;
}
