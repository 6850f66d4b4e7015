import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject, randomBytes } from "node:crypto";

/** Keeps a secret in the database that only a hub with the signing key can read again. */
export interface Seal {
  /** `bound` is what the secret belongs to: opened for anything else, it doesn't open. */
  close(secret: string, bound: string): string;
  /** `null` for what this key didn't seal: another key since, another row's, or changed. */
  open(sealed: string, bound: string): string | null;
}

const version = "v1.";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM under a key derived (RFC 5869) from the signing key, which lies in a file or a Secret and never in the database. With
 * another signing key what was sealed is lost, as every session is.
 */
export function createSeal(signingKey: KeyObject): Seal {
  const material = signingKey.export({ format: "der", type: "pkcs8" });
  const key = Buffer.from(hkdfSync("sha256", material, "", "berth: secrets in the database", 32));
  const close = (secret: string, bound: string) => {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(bound, "utf8"));
    const body = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return version + Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url");
  };
  const open = (sealed: string, bound: string) => {
    const bytes = Buffer.from(sealed.slice(version.length), "base64url");
    if (!sealed.startsWith(version) || bytes.length < nonceBytes + tagBytes) return null;
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(bound, "utf8")).setAuthTag(bytes.subarray(-tagBytes));
    try {
      const body = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([body, decipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  };
  return { close, open };
}
