/** Keepsakes in memory, which outlive who keeps them there. */
import type { Keepsakes } from "../../src/domain/ports.ts";

export class FakeKeepsakes implements Keepsakes {
  readonly rooms = new Map<string, Map<string, string>>();

  kept(room: string): (readonly [string, string])[] {
    return [...(this.rooms.get(room) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  keep(room: string, key: string, value: string | null): void {
    const values = this.rooms.get(room) ?? new Map<string, string>();
    this.rooms.set(room, values);
    if (value === null) values.delete(key);
    else values.set(key, value);
  }

  flush(): void {
    return;
  }
}
