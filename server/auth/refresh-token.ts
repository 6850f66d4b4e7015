import { z } from "zod";
import type { IdentityKey } from "#db/identities.ts";
import type { Seal } from "./sealed.ts";

/** A refresh token belongs to the client it was given to: which provider of the configuration that is. */
const Kept = z.strictObject({ provider: z.string(), token: z.string() });
export type KeptToken = z.infer<typeof Kept>;

export function sealToken(seal: Seal, key: IdentityKey, kept: KeptToken): string {
  return seal.close(JSON.stringify(kept), boundTo(key));
}

export function openToken(seal: Seal, key: IdentityKey, sealed: string): KeptToken | null {
  const text = seal.open(sealed, boundTo(key));
  return text === null ? null : Kept.parse(JSON.parse(text));
}

function boundTo({ issuer, subject }: IdentityKey): string {
  return JSON.stringify(["refresh-token", issuer, subject]);
}
