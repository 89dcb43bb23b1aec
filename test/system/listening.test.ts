/** Where the service listens: several addresses, a Unix socket, TLS. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { connect as connectTls } from "node:tls";
import { join } from "node:path";
import { makeCertificate } from "../helpers/certificate.ts";
import { runToEnd } from "../helpers/executable.ts";
import { isRoot } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

const linux = process.platform === "linux";

test.if(linux)("on several addresses, with one port", async () => {
  const service = await startService({ config: 'ip = ["127.0.0.1", "127.0.0.9"]' });
  for (const ip of ["127.0.0.1", "127.0.0.9"])
    expect((await fetch(`http://${ip}:${service.port}/healthz`)).status).toBe(200);
  expect(service.log()).toContain(`Listen on: 127.0.0.9:${service.port}`);
  await expect(fetch(`http://127.0.0.2:${service.port}/healthz`)).rejects.toThrow();
});

test("an address that is taken is told, whichever it is", async () => {
  const service = await startService();
  const folder = temporaryFolder();
  const { code, stderr } = runToEnd([
    "--data-dir",
    folder,
    "--ip",
    "127.0.0.9,127.0.0.1",
    "--port",
    String(service.port),
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain(`cannot listen on 127.0.0.1:${service.port}: the address is in use`);
});

describe.if(linux)("the Unix socket", () => {
  const open = async (mode: string) => {
    const folder = temporaryFolder();
    const path = join(folder, "meproc.sock");
    const service = await startService({ folder, config: `socket = "${path}"\nsocket_mode = "${mode}"` });
    return { folder, path, service };
  };

  test("answers like an address, with the rights that are configured, and is gone with the service", async () => {
    const { path, service } = await open("620");
    expect(statSync(path).mode & 0o777).toBe(0o620);
    const ask = (init: RequestInit = {}, way = "/api/v1/tasks") =>
      fetch(`http://localhost${way}`, { ...init, unix: path });
    const body = JSON.stringify({ name: "big", cmd: "seq 1 300000", type: "once" });
    expect((await ask({ method: "POST", body })).status).toBe(201);
    await until(async () => {
      const { state } = (await (await ask({}, "/api/v1/tasks/big")).json()) as { state: string };
      return state === "exited";
    }, "it has written everything");
    const answer = await (await ask({}, "/proc/output?name=big&bytes=4000000")).json();
    const { data } = answer as { data: Record<string, string> };
    const output = Buffer.from(data["big:0"] ?? "", "base64").toString();
    expect(output).toEndWith("\n300000\n");
    expect(output.length).toBe(1_988_895);
    expect((await fetch("http://evil.example/", { unix: path })).status).toBe(421);
    await service.stop();
    expect(existsSync(path)).toBe(false);
  });

  test("that a killed service has left is taken over", async () => {
    const { folder, path, service } = await open("600");
    service.signal("SIGKILL");
    await service.exited;
    expect(existsSync(path)).toBe(true);
    await startService({ folder, config: `socket = "${path}"` });
    expect((await fetch("http://localhost/healthz", { unix: path })).status).toBe(200);
  });

  test("somebody else's is left to him, and so is a file", async () => {
    const { path } = await open("600");
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(file, "kept");
    for (const [taken, words] of [
      [path, "somebody listens on it already"],
      [file, "there is something else than a socket"],
    ] as const) {
      const config = join(folder, "meproc.toml");
      writeFileSync(config, `socket = "${taken}"`);
      const flags = ["--port", "0", "--data-dir", join(folder, "data"), "--config", config];
      const { code, stderr } = runToEnd(flags);
      expect([code, stderr]).toEqual([1, `meproc: cannot listen on ${taken}: ${taken}: ${words}\n`]);
    }
    expect(await Bun.file(file).text()).toBe("kept");
  });

  test.if(isRoot)(
    "lets in whom its rights let in, and nobody else, with the role that is configured",
    async () => {
      const folder = temporaryFolder();
      const path = join(folder, "meproc.sock");
      const roles = `socket = "${path}"\nsocket_role = "viewer"\nauth = "token"`;
      const service = await startService({ folder, config: roles });
      const asNobody = (...args: string[]) => {
        const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        const ask = ["curl", "-s", "-w", " %{http_code}", "--unix-socket", path];
        const { exitCode, stdout } = Bun.spawnSync([...user, ...ask, ...args]);
        return { exitCode, stdout: stdout.toString() };
      };
      const tasks = "http://localhost/api/v1/tasks";
      expect(asNobody(tasks).exitCode).toBe(7);
      Bun.spawnSync(["chmod", "666", path]);
      expect(asNobody(tasks).stdout).toEndWith(" 200");
      const definition = JSON.stringify({ name: "made", cmd: "true", type: "once" });
      const refused = asNobody("-d", definition, tasks).stdout;
      expect(refused).toContain('"code":"forbidden"');
      expect(refused).toEndWith(" 403");
      const made = await fetch(tasks, { method: "POST", body: definition, unix: path });
      expect(made.status).toBe(201);
      const who = await fetch("http://localhost/api/v1/session", { unix: path });
      expect(await who.json()).toMatchObject({ actor: "uid:0", role: "admin", via: "socket" });
      const asStranger = await fetch("http://localhost/api/v1/session", {
        unix: path,
        headers: { authorization: "Bearer wrong" },
      });
      expect(asStranger.status).toBe(401);
      expect((await fetch(`${service.url}/api/v1/tasks`)).status).toBe(401);
      const modes = Bun.spawnSync(["find", join(folder, "data", "run"), "-type", "s", "-perm", "/077"]);
      expect(modes.stdout.toString()).toBe("");
    },
  );
});

describe("TLS", () => {
  /** `null` if the connection was cut off while it was being made. */
  const subjectOf = (port: number) =>
    new Promise<string | null>((resolve) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.end();
      });
      socket.on("error", () => resolve(null));
    });

  test("a renewed certificate is taken at once, and what is open goes on", async () => {
    const folder = temporaryFolder();
    makeCertificate(folder, "first");
    const config = `[tls]\ncert = "${folder}/cert.pem"\nkey = "${folder}/key.pem"`;
    const service = await startService({ folder, config });
    const url = `https://127.0.0.1:${service.port}`;
    expect(service.log()).toContain(`Page: ${url}/`);
    expect(await subjectOf(service.port)).toBe("first");
    const stream = await fetch(`${url}/api/v1/events`, { tls: { rejectUnauthorized: false } });
    const reader = stream.body?.getReader();
    await reader?.read();
    makeCertificate(folder, "second");
    await until(async () => (await subjectOf(service.port)) === "second", "the new one is shown");
    expect(service.log()).toContain("The certificate has been renewed");
    const body = JSON.stringify({ name: "x", cmd: "true", type: "once" });
    const made = await fetch(`${url}/api/v1/tasks`, {
      method: "POST",
      body,
      tls: { rejectUnauthorized: false },
    });
    expect(made.status).toBe(201);
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("event: fact");
    await reader?.cancel();
    writeFileSync(join(folder, "cert.pem"), "nonsense");
    await until(() => service.log().includes("The certificate stays as it was"), "it is told");
    expect(await subjectOf(service.port)).toBe("second");
  });

  test("what is no pair of certificate and key is refused at the start", () => {
    const folder = temporaryFolder();
    makeCertificate(folder, "one");
    const first = Bun.spawnSync(["cat", join(folder, "key.pem")]).stdout;
    makeCertificate(folder, "two");
    writeFileSync(join(folder, "key.pem"), first);
    const config = join(folder, "meproc.toml");
    writeFileSync(config, `[tls]\ncert = "${folder}/cert.pem"\nkey = "${folder}/key.pem"`);
    const flags = ["--port", "0", "--data-dir", join(folder, "data"), "--config", config];
    const { code, stderr } = runToEnd(flags);
    expect(code).toBe(1);
    expect(stderr).toContain("is not the key of the certificate in");
  });
});
