import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvFile, readEnvFile } from "../../src/spawn/env-file.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

describe("a file of variables", () => {
  test.each([
    ["A=1\nB=2", { A: "1", B: "2" }],
    ["# comment\n; comment\n\n  export A=1", { A: "1" }],
    ["A=\nB=  x  ", { A: "", B: "x" }],
    ["A=a b # comment\nB=a#b\nC=#x", { A: "a b", B: "a#b", C: "" }],
    ["A='a # $b \\n'", { A: "a # $b \\n" }],
    ['A="a \\"b\\" \\\\ \\n \\$x \\q"', { A: 'a "b" \\ \n $x \\q' }],
    ["A='one\ntwo'\nB=\"three\nfour\" # end", { A: "one\ntwo", B: "three\nfour" }],
    ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["\uFEFFA=1", { A: "1" }],
    ["A=x=y\nA=last", { A: "last" }],
    ['A="it"', { A: "it" }],
  ])("%j", (text, variables) => {
    expect(parseEnvFile(text, "vars")).toEqual(variables);
  });

  test.each([
    ["A=1\nsecret", "env_file vars, line 2: expected NAME=value"],
    ["1A=secret", "env_file vars, line 1: expected NAME=value"],
    ["A =secret", "env_file vars, line 1: expected NAME=value"],
    ["\nA='secret", "env_file vars, line 2: the quote is not closed"],
    ["A='secret' more", "env_file vars, line 1: there is text after the closing quote"],
    ["A=sec\0ret", "env_file vars, line 1: a value holds no character NUL"],
    ["A='one\ntwo'\n!", "env_file vars, line 3: expected NAME=value"],
  ])("%j is refused with its line and without its value", (text, words) => {
    expect(() => parseEnvFile(text, "vars")).toThrow(words);
  });

  test("must be a file of a reasonable size", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "dir"));
    writeFileSync(join(folder, "big"), "#".repeat(1024 * 1024 + 1));
    expect(() => readEnvFile(join(folder, "dir"))).toThrow("it is not a file");
    expect(() => readEnvFile(join(folder, "big"))).toThrow("it is larger than 1048576 bytes");
    if (process.platform !== "win32") expect(() => readEnvFile("/dev/zero")).toThrow("it is not a file");
  });
});
