/** `struct kevent` as <sys/event.h> of macOS declares it for 64 bits, laid out by hand. */
import { expect, test } from "bun:test";
import { KEVENT_BYTES, pidsOf, writeExitRequest } from "../../src/platform/kqueue.ts";

const hex = (view: DataView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");

test("the exit of a process is asked for once", () => {
  const event = new DataView(new ArrayBuffer(KEVENT_BYTES));
  writeExitRequest(event, 0x1234);
  // ident, filter -5, flags EV_ADD | EV_ONESHOT, fflags NOTE_EXIT, data, udata
  const fields = ["3412000000000000", "fbff", "1100", "00000080", "0000000000000000", "0000000000000000"];
  expect(hex(event)).toBe(fields.join(""));
});

test("the processes are read of as many events as there are", () => {
  const events = new DataView(new ArrayBuffer(3 * KEVENT_BYTES));
  for (const [i, pid] of [99_998, 1, 7].entries()) events.setBigUint64(i * KEVENT_BYTES, BigInt(pid), true);
  expect(pidsOf(events, 2)).toEqual([99_998, 1]);
  expect(pidsOf(events, 0)).toEqual([]);
  // an interrupted wait
  expect(pidsOf(events, -1)).toEqual([]);
});
