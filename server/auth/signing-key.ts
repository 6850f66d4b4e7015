import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { link, open, readFile, stat, unlink } from "node:fs/promises";
import { HubError } from "../errors.ts";

export type SigningKey = {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** What edge and web are given to check sessions with. */
  readonly publicPem: string;
};

/** The key that signs sessions: made at the first start, readable by Berth's own uid only. */
export async function loadSigningKey(options: { readonly file: string }): Promise<SigningKey> {
  const pem = (await readKey(options.file)) ?? (await makeKey(options.file));
  const privateKey = parseKey(pem, options.file);
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, publicPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

async function readKey(file: string): Promise<string | null> {
  const info = await stat(file).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw unreadable(file, error);
  });
  if (info === null) return null;
  // A Secret mounted by Kubernetes is read through fsGroup, so the group's read bit is no fault there.
  if ((info.mode & 0o037) !== 0) {
    throw new HubError(
      "unavailable",
      `Others on this machine can read the signing key ${file}, and could log in as anybody. Run: chmod 600 ${file}`,
    );
  }
  return await readFile(file, "utf8").catch((error: unknown) => {
    throw unreadable(file, error);
  });
}

/** Written aside and linked into place, so that two hubs starting at once end with one key, and never with half of one. */
async function makeKey(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const aside = `${file}.${process.pid}.new`;
  const handle = await open(aside, "wx", 0o600).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    await handle.writeFile(privateKey.export({ type: "pkcs8", format: "pem" }));
    await handle.sync();
    await link(aside, file).catch((error: unknown) => {
      if (!isExisting(error)) throw unreadable(file, error);
    });
  } finally {
    await handle.close();
    await unlink(aside);
  }
  return await readFile(file, "utf8");
}

function parseKey(pem: string, file: string): KeyObject {
  const problem = `${file} doesn't hold an Ed25519 private key in PEM. Make one with: openssl genpkey -algorithm ed25519`;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new HubError("unavailable", problem, { cause });
  }
  throw new HubError("unavailable", problem);
}

const hasCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code;
const isMissing = (error: unknown) => hasCode(error, "ENOENT");
const isExisting = (error: unknown) => hasCode(error, "EEXIST");
const unreadable = (file: string, cause: unknown) =>
  new HubError("unavailable", `The signing key ${file} can't be read or made.`, { cause });
