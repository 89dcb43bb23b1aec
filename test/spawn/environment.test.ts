import { expect, test } from "bun:test";
import { completeTask } from "../../src/domain/task.ts";
import { environmentOf, inheritedEnvironment, layersOf } from "../../src/spawn/environment.ts";

const TASK = completeTask({ name: "web", cmd: "true", type: "once", replica: 2 });
const REQUEST = { run: "r1", task: TASK, index: 1, alias: "web:1" };

test("what is the service's own business is not handed on", () => {
  const all = {
    PATH: "/bin",
    MEPROC_PORT: "1",
    BUN_BE_BUN: "1",
    BUN_OPTIONS: "x",
    NOTIFY_SOCKET: "/s",
    HOME: undefined,
  };
  expect(inheritedEnvironment(all)).toEqual({ PATH: "/bin" });
});

test("a process knows which it is, and a user's process whose", () => {
  const account = { name: "guest", home: "/home/guest", shell: "/bin/zsh" };
  expect(
    environmentOf(layersOf({ HOME: "/root" }, "s", REQUEST, { uid: 1, gid: 1, account }), REQUEST),
  ).toEqual({
    HOME: "/home/guest",
    USER: "guest",
    LOGNAME: "guest",
    SHELL: "/bin/zsh",
    MEPROC_SERVICE: "s",
    MEPROC_TASK: "web",
    MEPROC_INDEX: "1",
    MEPROC_REPLICAS: "2",
    MEPROC_RUN: "r1",
  });
});
