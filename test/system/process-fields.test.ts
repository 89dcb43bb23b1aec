/** The fields of a definition that concern the process, on the executable: it is its own launcher. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isRoot } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

describe.if(process.platform === "linux")("limits, umask, niceness, variables and hooks", () => {
  test.each(isRoot ? [{}, { user: "nobody" }] : [{}])(
    "of a task %p hold in its process",
    async (identity) => {
      const service = await startService();
      const api = apiClient(service.url);
      const cmd = "echo {index} $A $B; ulimit -n; ulimit -c; nice; umask; pwd; grep SigIgn /proc/self/status";
      const answer = await api.post("/tasks", {
        name: "fields",
        type: "once",
        cmd: ["sh", "-c", `${cmd}; ls /proc/self/fd | wc -l`],
        cwd: "/tmp",
        env: { A: "a{index}", B: "b c" },
        inherit_env: false,
        umask: "027",
        nice: 5,
        limits: { nofile: 321, core: 0, cpu: 50, as: 4_000_000_000 },
        hooks: { pre_start: "echo before", post_stop: "echo after" },
        ...identity,
      });
      expect(answer.status).toBe(201);
      await until(async () => (await api.instance("fields")).state === "exited", "it has ended");
      const lines = await until(async () => {
        const text = (await legacyClient(service.url).output("fields"))["fields:0"]?.toString() ?? "";
        return ["before\n", "after\n", "\n4\n"].every((each) => text.includes(each))
          ? text.split("\n")
          : null;
      }, "everything is in its output");
      // each has a channel of its own
      const ofHooks = ["before", "after", ""];
      expect(lines.filter((line) => !ofHooks.includes(line))).toEqual([
        "0 a0 b c",
        "321",
        "0",
        "5",
        "0027",
        "/tmp",
        "SigIgn:\t0000000000000000",
        "4",
      ]);
    },
  );
});
