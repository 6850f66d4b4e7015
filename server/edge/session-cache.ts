import type { KeyObject } from "node:crypto";
import { readToken, type SessionClaims, sidHashOf, type TokenPurpose } from "#server/auth/session-token.ts";
import type { Clock } from "#server/clock.ts";

export type VerifiedSession = { readonly claims: SessionClaims; readonly sidHash: string };

const maximalEntries = 20_000;
/** Browsers send no longer cookie; what is longer isn't ours. */
const maximalLength = 4096;

/**
 * Checks a signature once and remembers that it was good: one costs as much as forwarding a small request. Remembers nothing about
 * rights, so revocation needs no word with it.
 */
export class SessionCache {
  readonly #keys: readonly KeyObject[];
  readonly #purpose: TokenPurpose;
  readonly #clock: Clock;
  readonly #verified = new Map<string, VerifiedSession>();

  constructor(keys: readonly KeyObject[], purpose: TokenPurpose, clock: Clock) {
    this.#keys = keys;
    this.#purpose = purpose;
    this.#clock = clock;
  }

  /** At once when known; `null` for what is no valid token of this purpose now. */
  read(token: string): VerifiedSession | null | Promise<VerifiedSession | null> {
    const known = this.#verified.get(token);
    if (known === undefined) return token.length > maximalLength ? null : this.#verify(token);
    if (known.claims.expiresAt > this.#clock.now()) return known;
    this.#verified.delete(token);
    return null;
  }

  async #verify(token: string): Promise<VerifiedSession | null> {
    const claims = await readToken(this.#keys, this.#purpose, token, this.#clock.now());
    if (claims === null) return null;
    const verified = { claims, sidHash: sidHashOf(claims.sid) };
    if (this.#verified.size >= maximalEntries) {
      // The oldest goes: a Map keeps the order of insertion, and one more check is all it costs to be wrong.
      const [oldest] = this.#verified.keys();
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.set(token, verified);
    return verified;
  }
}
