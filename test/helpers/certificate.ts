/** Certificates that nobody trusts. */
import { renameSync } from "node:fs";
import { join } from "node:path";

/** Puts `cert.pem` and `key.pem` into a folder, in the place of those that are there. */
export function makeCertificate(folder: string, name: string): void {
  const [cert, key] = ["cert.pem", "key.pem"].map((file) => join(folder, file)) as [string, string];
  const { exitCode, stderr } = Bun.spawnSync(
    [
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "2", "-subj", `/CN=${name}`, "-keyout", `${key}.new`, "-out", `${cert}.new`],
    ],
    { stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(`openssl: ${stderr.toString()}`);
  renameSync(`${key}.new`, key);
  renameSync(`${cert}.new`, cert);
}
