import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createLocalJWKSet, exportJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { verifyIdToken } from "./id-token.ts";
import { mintToken } from "./session-token.ts";

const now = new Date("2027-03-01T08:00:00Z");
const seconds = now.getTime() / 1000;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

let keys: ReturnType<typeof createLocalJWKSet>;
beforeAll(async () => {
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(rsa.publicKey)), kid: "first", alg: "RS256", use: "sig" }] });
});

const good: JWTPayload = {
  iss: "https://idp.example",
  aud: "berth",
  sub: "s-1",
  nonce: "n-1",
  iat: seconds,
  exp: seconds + 300,
};

async function sign(
  change: JWTPayload,
  header: Partial<JWTHeaderParameters> = {},
  key: KeyObject | Uint8Array = rsa.privateKey,
) {
  return await new SignJWT({ ...good, ...change })
    .setProtectedHeader({ alg: "RS256", kid: "first", ...header })
    .sign(key);
}
const verify = (token: string, nonce = "n-1") =>
  verifyIdToken(token, { issuer: "https://idp.example", clientId: "berth", nonce, now, keys });

async function refused(token: string | Promise<string>, nonce?: string) {
  expect((await verify(await token, nonce)).kind).toBe("invalid");
}

describe("S-24: an id_token", () => {
  test("with the right signature, issuer, audience, nonce and times says who it is", async () => {
    expect(await verify(await sign({}))).toMatchObject({
      kind: "valid",
      claims: { iss: "https://idp.example", sub: "s-1" },
    });
    expect((await verify(await sign({ aud: ["berth", "else"], azp: "berth" }))).kind).toBe("valid");
  });

  test("without a signature (alg none) is refused", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const alg of ["none", "None", "NONE", ""]) await refused(`${part({ alg, kid: "first" })}.${part(good)}.`);
  });

  test("signed with the public key as a shared secret (HS256) is refused", async () => {
    await refused(sign({}, { alg: "HS256" }, Buffer.from(publicPem)));
    await refused(sign({}, { alg: "HS256" }, Buffer.from(publicPem.trim())));
    await refused(sign({}, { alg: "HS512" }, createPublicKey(publicPem).export({ type: "spki", format: "der" })));
  });

  test("signed with a shared secret is refused even when that secret is among the keys", async () => {
    const secret = Buffer.from("s".repeat(32));
    const token = await sign({}, { alg: "HS256" }, secret);
    const question = { issuer: "https://idp.example", clientId: "berth", nonce: "n-1", now, keys: async () => secret };
    expect((await verifyIdToken(token, question)).kind).toBe("invalid");
  });

  test.each<[string, JWTPayload]>([
    ["another issuer", { iss: "https://idp.example.evil" }],
    ["the issuer with a slash more", { iss: "https://idp.example/" }],
    ["another audience", { aud: "other-client" }],
    ["a longer audience", { aud: "berth2" }],
    ["no audience of ours in the list", { aud: ["a", "b"] }],
    ["several audiences and no azp", { aud: ["berth", "else"] }],
    ["another azp", { azp: "else" }],
    ["several audiences and another's azp", { aud: ["berth", "else"], azp: "else" }],
    ["expired", { exp: seconds - 61 }],
    ["not valid yet", { nbf: seconds + 61 }],
    ["another nonce", { nonce: "n-2" }],
    ["an empty nonce", { nonce: "" }],
    ["a nonce that is no text", { nonce: 1 }],
    ["an empty subject", { sub: "" }],
    ["an endless subject", { sub: "s".repeat(300) }],
  ])("with %s is refused", async (_what, change) => {
    await refused(sign(change));
  });

  test.each(["iss", "aud", "sub", "exp", "iat", "nonce"])("without %s is refused", async (claim) => {
    const { [claim]: _left, ...rest } = good;
    await refused(new SignJWT(rest).setProtectedHeader({ alg: "RS256", kid: "first" }).sign(rsa.privateKey));
  });

  test("a login that began without a nonce never ends", async () => {
    await refused(sign({ nonce: "" }), "");
    await refused(sign({}), "");
  });

  test.each(["../../etc/passwd", "https://evil.example/key", "' or 1=1 --", "second", ""])(
    "naming the key %j is refused",
    async (kid) => {
      await refused(sign({}, { kid }, other.privateKey));
    },
  );

  test("signed by a key it brings itself (jwk, jku, x5u) is refused", async () => {
    const jwk = await exportJWK(other.publicKey);
    await refused(sign({}, { jwk }, other.privateKey));
    await refused(sign({}, { jku: "https://evil.example/jwks" }, other.privateKey));
    await refused(sign({}, { x5u: "https://evil.example/cert" }, other.privateKey));
  });

  test("that is our own session token is refused, and the other way round", async () => {
    const ed = generateKeyPairSync("ed25519");
    const expiresAt = new Date(now.getTime() + 60_000);
    await refused(mintToken(ed.privateKey, "session", { sid: "s".repeat(43), userId: "u", expiresAt, serverId: null }));
  });

  test.each(["", "x", "a.b", "a.b.c", "....", "\u0000"])("%j is refused, without an exception", async (text) => {
    await refused(text);
  });
});
