import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Certificate } from "#server/internal/certificate.ts";

type Files = { readonly certFile: string; readonly keyFile: string };

/** Ends the start with a sentence when the two don't belong together: every edge would be refused later. */
export function readCertificate(files: Files | undefined): Certificate | null {
  if (files === undefined) return null;
  const { certFile, keyFile } = files;
  const [cert, key] = [read(certFile), read(keyFile)];
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new Error(`hub.internal.tls: ${certFile} or ${keyFile} is no PEM file that can be read.`, { cause });
  }
  if (!fits) throw new Error(`hub.internal.tls: ${keyFile} is not the key of the certificate in ${certFile}.`);
  return { cert, key };
}

/** The text of a PEM file; `null` when none is named. */
export function readPem(file: string | undefined): string | null {
  return file === undefined ? null : read(file);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${file} can't be read. It is named in the configuration (hub.caFile or hub.internal.tls).`, {
      cause,
    });
  }
}
