import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mintToken, readToken } from "./session-token.ts";
import { loadSigningKey } from "./signing-key.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the key is made once, for its owner's eyes only, and what it signs its public half checks", async () => {
  const file = join(folder, "first.pem");
  const made = await loadSigningKey({ file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await loadSigningKey({ file });
  expect(again.publicPem).toBe(made.publicPem);
  const claims = { sid: "s".repeat(43), userId: "u", expiresAt: new Date("2027-03-01T09:00:00Z"), serverId: null };
  const token = await mintToken(made.privateKey, "session", claims);
  expect(await readToken([again.publicKey], "session", token, new Date("2027-03-01T08:00:00Z"))).toEqual(claims);
});

test("hubs that start at once end with one key and leave nothing behind", async () => {
  const own = mkdtempSync(join(folder, "race-"));
  const file = join(own, "key.pem");
  const first = await loadSigningKey({ file });
  const all = await Promise.all(Array.from({ length: 8 }, () => loadSigningKey({ file })));
  expect(new Set([first, ...all].map((key) => key.publicPem)).size).toBe(1);
  expect(readdirSync(own)).toEqual(["key.pem"]);
});

test("a key that others can read is refused with the command that mends it", async () => {
  const file = join(folder, "open.pem");
  await loadSigningKey({ file });
  chmodSync(file, 0o644);
  await expect(loadSigningKey({ file })).rejects.toThrow(`chmod 600 ${file}`);
});

test("what isn't an Ed25519 key is refused, and never overwritten", async () => {
  const file = join(folder, "other.pem");
  writeFileSync(file, "not a key", { mode: 0o600 });
  await expect(loadSigningKey({ file })).rejects.toThrow("Ed25519");
  expect(readFileSync(file, "utf8")).toBe("not a key");
});
