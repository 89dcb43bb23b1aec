/** Faults 11 to 13, also over a kill of the service: what ignores, flees and lingers. */
import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive, isRoot } from "../helpers/processes.ts";
import { type Service, type ServiceOptions, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { afterCrash, captured, crash, inState, nextService, runsOf, withDatabase } from "./after-a-kill.ts";

setDefaultTimeout(60_000);

const stop = ({ url }: Service, name: string) => apiClient(url).post(`/tasks/${name}/stop`);

/** A service without cgroups, and one with them where they may be had. */
const WITHOUT: ServiceOptions = {
  prefix: ["unshare", "-m", "sh", "-c", 'umount $(findmnt -n -t cgroup2 -o TARGET); exec "$@"', "sh"],
};
const KINDS: readonly (readonly [string, ServiceOptions])[] = isRoot
  ? [
      ["with cgroups where they may be had", {}],
      ["without cgroups", WITHOUT],
    ]
  : [["without cgroups", {}]];

/** Starts a task that writes the pids of its processes to a file, one a line, and waits for so many. */
async function startFamily(service: Service, name: string, cmd: string, members: number): Promise<number[]> {
  const file = join(service.folder, `${name}.pids`);
  await legacyClient(service.url).post({ name, cmd: cmd.replaceAll("FILE", file), type: "once" });
  await until(() => linesOf(file).length === members, `${name} is complete`);
  return linesOf(file).map(Number);
}

const NAP = "while :; do sleep 0.05; done";
const DEAF = `trap '' TERM; echo $$ >> FILE; ${NAP}`;

test("what ignores SIGTERM is killed after 10 s, leader or member, spawned or taken over", async () => {
  const first = await startService();
  const deafChild = `sh -c "trap '' TERM; echo \\$\\$ >> FILE; ${NAP}"`;
  const pids = [
    ...(await startFamily(first, "leader", DEAF, 1)),
    ...(await startFamily(first, "member", `echo $$ >> FILE; ${deafChild} & ${NAP}`, 2)),
  ];
  const second = await afterCrash(first);
  pids.push(
    ...(await startFamily(second, "young", DEAF, 1)),
    ...(await startFamily(second, "young-member", `echo $$ >> FILE; ${deafChild} & ${NAP}`, 2)),
  );
  const names = ["leader", "member", "young", "young-member"];
  const began = performance.now();
  const answers = await Promise.all(names.map((name) => stop(second, name)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(performance.now() - began).toBeGreaterThan(9_900);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(second.descendants()).toEqual([]);
  for (const name of names)
    expect((await runsOf(second, name)).map(({ result }) => result)).toEqual(["stopped"]);
  expect((await runsOf(second, "young"))[0]?.exit_signal).toBe("SIGKILL");
});

const FUGITIVES: readonly (readonly [string, string, number])[] = [
  [
    "has forked twice and left the session",
    `echo $$ >> FILE; (setsid sh -c 'echo $$ >> FILE; ${NAP}' &) ; ${NAP}`,
    2,
  ],
  [
    "has left, and its parent is gone",
    `setsid -f sh -c 'echo $$ >> FILE; ${NAP}'; echo $$ >> FILE; ${NAP}`,
    2,
  ],
  [
    "has left with children of its own",
    `echo $$ >> FILE; setsid -f sh -c '(echo $$ >> FILE; sleep 600) & sleep 600 & echo $! >> FILE; ${NAP}'; ${NAP}`,
    3,
  ],
];

describe.each(KINDS)("%s", (_kind, options) => {
  test.each(FUGITIVES)("who %s is ended by a stop", async (_what, cmd, members) => {
    const service = await startService(options);
    const pids = await startFamily(service, "f", cmd, members);
    expect((await stop(service, "f")).status).toBe(200);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(service.descendants()).toEqual([]);
  });

  test.each(FUGITIVES)(
    "who %s is ended by a stop after a kill of the service",
    async (_what, cmd, members) => {
      const first = await startService(options);
      const pids = await startFamily(first, "f", cmd, members);
      const second = await afterCrash(first, options);
      await inState(second, "f", "running");
      expect(pids.filter((pid) => !isAlive(pid))).toEqual([]);
      expect((await stop(second, "f")).status).toBe(200);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(second.descendants()).toEqual([]);
    },
  );

  test.each(FUGITIVES)("who %s is ended with the service that took it over", async (_what, cmd, members) => {
    const first = await startService(options);
    const pids = await startFamily(first, "f", cmd, members);
    const second = await afterCrash(first, options);
    await inState(second, "f", "running");
    expect(await second.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(second.descendants()).toEqual([]);
  });

  test("what a finished run has left is ended by a stop after a kill of the service", async () => {
    const first = await startService(options);
    const pids = await startFamily(first, "left", `setsid -f sh -c 'echo $$ >> FILE; ${NAP}'`, 1);
    await inState(first, "left", "exited");
    const second = await afterCrash(first, options);
    await inState(second, "left", "exited");
    expect((await stop(second, "left")).status).toBe(200);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("what a finished run has left ends with the service after a kill of the one before", async () => {
    const first = await startService(options);
    const pids = await startFamily(first, "left", `setsid -f sh -c 'echo $$ >> FILE; ${NAP}'`, 1);
    await inState(first, "left", "exited");
    const second = await afterCrash(first, options);
    expect(await second.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("what a run has left that was never noted ends with the service after two kills", async () => {
    const first = await startService(options);
    const cmd = `sh -c 'echo $$ >> FILE; ${NAP}' &`;
    const pids = await startFamily(first, "left", cmd, 1);
    await inState(first, "left", "exited");
    await crash(first);
    withDatabase(first, (database) => {
      database.run(
        "UPDATE runs SET pid = NULL, process_started = NULL, boot = NULL, ended_at = NULL, result = NULL",
      );
    });
    const second = await nextService(first, options);
    await inState(second, "left", "exited");
    const third = await afterCrash(second, options);
    expect((await runsOf(third, "left")).map(({ result }) => result)).toEqual(["lost"]);
    expect(pids.filter(isAlive)).toEqual(pids);
    expect(await third.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("what a run has left whose end came while no service was there is ended by a stop", async () => {
    const first = await startService(options);
    const gate = makeGate(first.folder);
    const cmd = `setsid -f sh -c 'echo $$ >> FILE; ${NAP}'; ${gate.wait}`;
    const [pid = 0] = await startFamily(first, "left", cmd, 1);
    const leader = (await inState(first, "left", "running")).pid ?? 0;
    await crash(first);
    gate.pass(1);
    await until(() => !isAlive(leader), "the leader has ended");
    const second = await nextService(first, options);
    await inState(second, "left", "exited");
    expect((await runsOf(second, "left")).map(({ result }) => result)).toEqual(["lost"]);
    expect(isAlive(pid)).toBe(true);
    expect((await stop(second, "left")).status).toBe(200);
    expect(isAlive(pid)).toBe(false);
  });
});

test("a process that closes stdout and stderr runs on, and its end is seen, over a kill of the service", async () => {
  const first = await startService();
  const [told, gate] = [makeGate(first.folder, "told"), makeGate(first.folder)];
  const cmd = `echo said; exec >&- 2>&-; ${gate.wait}; exit 4`;
  await legacyClient(first.url).post({ name: "here", cmd, type: "once" });
  await legacyClient(first.url).post({ name: "over", cmd: cmd.replace(gate.wait, told.wait), type: "once" });
  await until(
    () => ["here:0", "over:0"].every((alias) => captured(first, alias).length === 1),
    "both have spoken",
  );
  gate.pass(1);
  expect((await inState(first, "here", "exited")).exit_code).toBe(4);
  const { pid } = await inState(first, "over", "running");
  const second = await afterCrash(first);
  expect((await inState(second, "over", "running")).pid).toBe(pid);
  told.pass(1);
  await inState(second, "over", "exited");
  expect(captured(second, "over:0")).toEqual(["said"]);
});

test("a grandchild that keeps stdout is heard on after a kill of the service, and the next run is as well", async () => {
  const first = await startService();
  const gate = makeGate(first.folder);
  const cmd = `echo early; (while ${gate.wait}; do echo late; done) &`;
  await legacyClient(first.url).post({ name: "g", cmd, type: "once" });
  await inState(first, "g", "exited");
  await until(() => captured(first, "g:0").length === 1, "the leader is heard");
  gate.pass(1);
  await until(() => captured(first, "g:0").length === 2, "the grandchild is heard");
  const second = await afterCrash(first);
  gate.pass(1);
  await until(() => captured(second, "g:0").length === 3, "it is heard by the next service");
  expect(captured(second, "g:0")).toEqual(["early", "late", "late"]);
});
