import { describe, expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { OutputCheck } from "./output-check.ts";

const [OLD, NEW] = ["01a20398-5f07-7566-adee-cc76a7cb3381", "01a20398-6f07-7566-adee-cc76a7cb3382"];

function started() {
  const folder = temporaryFolder();
  const output = new OutputCheck(folder);
  const write = (text: string) => appendFileSync(join(folder, "task:0-2026-01-01.log"), text);
  return { output, write };
}

describe("what the check of the output lets pass", () => {
  test("whole lines, a line that comes in two parts, and the next run after bye", () => {
    const { output, write } = started();
    write(`${OLD} 1\n${OLD} `);
    output.serviceKilled();
    write(`2\n${OLD} bye 2\n${NEW} 1\n`);
    output.assertWhole();
    expect(output.progress(OLD)).toMatchObject({ last: 2, closed: "bye" });
    expect(output.progress(NEW)).toMatchObject({ last: 1, closed: null });
    expect(output.lines).toBe(4);
  });

  test.each([" 1", " 12", " bye 1", ""])("a kill of the service that has cut the line '%s'", (rest) => {
    const { output, write } = started();
    const last = rest === " 12" ? 11 : 1;
    for (let n = 1; n <= last; n++) write(`${OLD} ${n}\n`);
    const cut = rest === " 1" ? `${OLD} ` : `${OLD}${rest}`;
    write(cut);
    output.serviceKilled();
    const progress = output.progress(OLD);
    expect(progress !== null && output.brokeOff(progress)).toBe(true);
    write(`${NEW} 1\n`);
    output.assertWhole();
    expect(output.progress(OLD)).toMatchObject({ last, closed: "cut" });
    expect(output.progress(NEW)).toMatchObject({ last: 1 });
  });

  test("a cut line that nothing comes after", () => {
    const { output, write } = started();
    write(`${OLD} 1\n${OLD} 2`);
    output.serviceKilled();
    expect(() => output.assertWhole()).not.toThrow();
  });
});

describe("what it finds", () => {
  test.each([
    ["a line missing", `${OLD} 1\n${OLD} 3\n`],
    ["a line twice", `${OLD} 1\n${OLD} 1\n`],
    ["a line after bye", `${OLD} 1\n${OLD} bye 1\n${OLD} 2\n`],
    ["a bye that does not fit", `${OLD} 1\n${OLD} bye 2\n`],
    ["a line of nobody", "hello\n"],
    ["a line cut while the service lived", `${OLD} 1\n${OLD} 2${NEW} 1\n`],
  ])("%s", (_, text) => {
    const { output, write } = started();
    write(text);
    expect(() => output.read()).toThrow();
  });

  test.each([
    ["a line cut elsewhere than at the kill", `${OLD} 1\n${OLD} `, `2${NEW} 1\n`],
    ["a cut line that is not the next one", `${OLD} 1\n${OLD} 5`, `${NEW} 1\n`],
    ["a cut line after bye", `${OLD} 1\n${OLD} bye 1\n${OLD}`, `${NEW} 1\n`],
    ["a run that goes on after its line was cut", `${OLD} 1\n${OLD} `, `${NEW} 1\n${OLD} 2\n`],
    ["a line twice after the kill", `${OLD} 1\n${OLD} 2\n`, `${OLD} 2\n`],
  ])("%s", (_, before, after) => {
    const { output, write } = started();
    write(before);
    output.serviceKilled();
    write(after);
    expect(() => output.read()).toThrow();
  });

  test("an end that was cut while the service lived", () => {
    const { output, write } = started();
    write(`${OLD} 1\n`);
    output.serviceKilled();
    write(`${OLD} 2`);
    expect(() => output.assertWhole()).toThrow("bytes of a line");
    const progress = output.progress(OLD);
    expect(progress !== null && output.brokeOff(progress)).toBe(true);
    write(`\n`);
    output.read();
    const after = output.progress(OLD);
    expect(after !== null && output.brokeOff(after)).toBe(false);
  });
});
