/** The certificate and its key, as they lie on disk, and whether they have been renewed. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";
import { inWords } from "../platform/system-errors.ts";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Two files are not renewed in one moment. */
const SETTLE_MS = 200;

/** Throws an Error in words if they cannot be read or do not belong together. */
export function readCertificate(files: CertificateFiles): Certificate {
  const [cert, key] = [read("cert", files.cert), read("key", files.key)];
  const first = parsed(`tls.cert: ${files.cert}: no certificate in PEM`, () => new X509Certificate(cert));
  const secret = parsed(`tls.key: ${files.key}: no private key in PEM`, () => createPrivateKey(key));
  if (!first.checkPrivateKey(secret))
    throw new Error(`tls: ${files.key} is not the key of the certificate in ${files.cert}`);
  return { cert, key };
}

function read(what: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`tls.${what}: ${path}: cannot be read: ${inWords(error)}`, { cause: error });
  }
}

function parsed<T>(words: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(words, { cause: error });
  }
}

export interface Watched {
  readonly files: CertificateFiles;
  readonly now: Certificate;
  readonly renewed: (certificate: Certificate) => void;
  /** What is there now is of no use; the old one stays in force. */
  readonly onTrouble: (error: unknown) => void;
}

/** Calls back with each certificate that takes the place of the one before. Returns how to end that. */
export function watchCertificate({ files, now, renewed, onTrouble }: Watched): () => void {
  let current = now;
  let settling: Timer | null = null;
  const look = () => {
    settling = null;
    try {
      const found = readCertificate(files);
      if (found.cert === current.cert && found.key === current.key) return;
      current = found;
      renewed(found);
    } catch (error) {
      onTrouble(error);
    }
  };
  const changed = () => {
    settling ??= setTimeout(look, SETTLE_MS);
  };
  // the folders: what renews them puts new files, or new links, in the place of the old ones
  const folders = [...new Set([dirname(files.cert), dirname(files.key)])];
  const watchers = folders.map((folder): FSWatcher => watch(folder, changed).on("error", onTrouble));
  return () => {
    if (settling !== null) clearTimeout(settling);
    for (const watcher of watchers) watcher.close();
  };
}
