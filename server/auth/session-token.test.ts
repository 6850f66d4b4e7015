import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { mintToken, readToken } from "./session-token.ts";

const now = new Date("2027-03-01T08:00:00Z");
const hub = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const claims = { sid: "s".repeat(43), userId: "u-1", expiresAt: new Date("2027-03-01T09:00:00Z"), serverId: null };
const read = (token: string, at = now) => readToken([hub.publicKey], "session", token, at);

describe("S-24: a session token", () => {
  test("says who and until when, and nothing after that", async () => {
    const token = await mintToken(hub.privateKey, "session", claims);
    expect(await read(token)).toEqual(claims);
    expect(await read(token, claims.expiresAt)).toBeNull();
  });

  test("is taken by a hub that has rotated its key and still knows the old one", async () => {
    const token = await mintToken(hub.privateKey, "session", claims);
    expect(await readToken([other.publicKey, hub.publicKey], "session", token, now)).toEqual(claims);
    expect(await readToken([other.publicKey], "session", token, now)).toBeNull();
  });

  test("of one purpose is worth nothing for another", async () => {
    const enter = await mintToken(hub.privateKey, "enter", { ...claims, serverId: "server-1" });
    expect(await read(enter)).toBeNull();
    expect(
      await readToken([hub.publicKey], "enter", await mintToken(hub.privateKey, "session", claims), now),
    ).toBeNull();
  });

  test("without a signature, or with the public key as its secret, is refused", async () => {
    const [, payload] = (await mintToken(hub.privateKey, "session", claims)).split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    expect(await read(`${none}.${payload}.`)).toBeNull();
    const pem = Buffer.from(hub.publicKey.export({ type: "spki", format: "pem" }));
    const sealed = new SignJWT({ sid: claims.sid }).setProtectedHeader({ alg: "HS256" }).setSubject("u-1");
    const forged = await sealed.setIssuer("berth:hub").setAudience("berth:session").setExpirationTime("1h").sign(pem);
    expect(await read(forged)).toBeNull();
  });

  test("signed by the hub for a JWT of another kind (a state, a share) is refused", async () => {
    for (const audience of ["berth:state", "berth", ""]) {
      const jwt = new SignJWT({ sid: claims.sid }).setProtectedHeader({ alg: "EdDSA" }).setSubject("u-1");
      const token = await jwt
        .setIssuer("berth:hub")
        .setAudience(audience)
        .setExpirationTime(claims.expiresAt)
        .sign(hub.privateKey);
      expect(await read(token)).toBeNull();
    }
  });

  test.each(["", "x", "a.b.c", "a.b.c.d.e", "\u0000", "=".repeat(5000)])(
    "S-12: %j is nobody, without an exception",
    async (text) => {
      expect(await read(text)).toBeNull();
    },
  );
});
