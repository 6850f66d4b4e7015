import type { Clock } from "#server/clock.ts";
import { TokenAnswer } from "#server/internal/messages.ts";
import type { InternalClient } from "./internal-client.ts";

/** `unavailable`: the hub can't be asked, and nothing recent is known. */
export type TokenVerdict = TokenAnswer | { readonly kind: "unavailable" };

const rememberMs = 60_000;
/** A token that isn't one may become one (never, in practice), so a wrong guess is forgotten sooner. */
const rememberUnknownMs = 10_000;
const maximalEntries = 10_000;
/** Guesses cost the hub a question each; more than this at once wait for nobody. */
const maximalQuestions = 64;

/** Asks the hub once a minute what a token may do. The stream's revocations are looked at by the caller, each time. */
export class TokenCheck {
  readonly #client: InternalClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly answer: TokenAnswer; readonly untilMs: number }>();
  readonly #asking = new Map<string, Promise<TokenVerdict>>();

  constructor(client: InternalClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  verdictOn(token: string): TokenVerdict | Promise<TokenVerdict> {
    const known = this.#known.get(token);
    if (known !== undefined && known.untilMs > this.#clock.now().getTime()) return known.answer;
    const asking = this.#asking.get(token);
    if (asking !== undefined) return asking;
    if (this.#asking.size >= maximalQuestions) return { kind: "unavailable" };
    const asked = this.#ask(token).finally(() => this.#asking.delete(token));
    this.#asking.set(token, asked);
    return asked;
  }

  async #ask(token: string): Promise<TokenVerdict> {
    const answer = await this.#client.ask("/internal/token", { token }, TokenAnswer).catch(() => null);
    if (answer === null) return { kind: "unavailable" };
    const nowMs = this.#clock.now().getTime();
    const lifeMs = answer.kind === "unknown" ? rememberUnknownMs : rememberMs;
    const endMs = answer.kind === "user" ? (answer.expiresAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    if (this.#known.size >= maximalEntries) this.#known.clear();
    this.#known.set(token, { answer, untilMs: Math.min(nowMs + lifeMs, endMs) });
    return answer;
  }
}
