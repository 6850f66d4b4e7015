import type { z } from "zod";
import type { RevokedSession } from "#server/internal/messages.ts";
import type { Visitor } from "./run.ts";

type Revoked = z.infer<typeof RevokedSession>;

/** Who may no longer, though what they hold still reads as valid. Grows by the stream, shrinks by time alone. */
export class Revocations {
  /** sidHash → when the session would have ended anyway. */
  readonly #sessions = new Map<string, number>();
  readonly #tokens = new Set<string>();
  #disabledUsers = new Set<string>();

  /** A snapshot adds to the revoked sessions and never takes one off: an old hub must not let anybody back in. */
  replaceAll(sessions: readonly Revoked[], disabledUsers: readonly string[], nowMs: number): void {
    for (const [sidHash, until] of this.#sessions) if (until <= nowMs) this.#sessions.delete(sidHash);
    for (const session of sessions) this.revokeSession(session);
    this.#disabledUsers = new Set(disabledUsers);
  }

  revokeSession({ sidHash, until }: Revoked): void {
    this.#sessions.set(sidHash, until);
  }

  revokeToken(tokenId: string): void {
    this.#tokens.add(tokenId);
  }

  setDisabled(userId: string, disabled: boolean): void {
    if (disabled) this.#disabledUsers.add(userId);
    else this.#disabledUsers.delete(userId);
  }

  /** An arrow, so that it can be handed on as a rule. */
  readonly isOut = (visitor: Visitor): boolean =>
    this.#disabledUsers.has(visitor.userId) ||
    (visitor.sidHash !== null && this.#sessions.has(visitor.sidHash)) ||
    (visitor.tokenId !== null && this.#tokens.has(visitor.tokenId));
}
