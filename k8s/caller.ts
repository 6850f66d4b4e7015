import type { AccessSource } from "./cluster-access.ts";
import { errorFromAnswer, isKubeApiError, isTooManyRequests, isUnauthorized } from "./errors.ts";
import { Slots } from "./slots.ts";
import type { Time } from "./time.ts";
import { type Answer, type Ask, Transport } from "./transport.ts";
import { linesOf } from "./watch-lines.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "delete";

/** One call, for metrics, and for tests that stop a hub before or after each. */
export type KubeCall = {
  readonly verb: Verb;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string | null;
};

export type CallerOptions = {
  readonly requestsInFlight: number;
  readonly userAgent: string;
  readonly time: Time;
  /** Until an answer begins, and between two pieces of it; waiting for one's turn doesn't count. */
  readonly deadlineMs?: number;
  /** How long one call may wait, in all, because the API server said 429. */
  readonly patienceMs?: number;
  readonly random?: () => number;
  onRequest?(verb: Verb, kind: string, status: number, milliseconds: number): void;
  /** Put around every call but watches. */
  around?<T>(call: KubeCall, run: () => Promise<T>): Promise<T>;
};

/** `date`: the API server's clock, where the answer says it. */
type Answered = { readonly text: string; readonly date: Date | null };

export type WatchHandlers = { opened(): void; line(text: string): void };

/** Sends, and waits where the API server asks for patience: at most so many in flight, and one pause for all after a 429. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #transport: Transport;
  readonly #slots: Slots;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: CallerOptions, source: AccessSource) {
    this.#options = options;
    this.#slots = new Slots(options.requestsInFlight);
    this.#transport = new Transport({
      source,
      connections: options.requestsInFlight,
      deadlineMs: options.deadlineMs ?? 30_000,
      userAgent: options.userAgent,
      time: options.time,
    });
  }

  async call(call: KubeCall, ask: Ask): Promise<string> {
    return (await this.answer(call, ask)).text;
  }

  async answer(call: KubeCall, ask: Ask): Promise<Answered> {
    const run = () => this.#persist(call, ask);
    return await (this.#options.around === undefined ? run() : this.#options.around(call, run));
  }

  async watch(call: KubeCall, path: string, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
    await this.#pause(signal);
    const answer = await this.#timed(call, () => this.#transport.ask({ method: "GET", path, signal, endless: true }));
    if (answer.statusCode !== 200) throw await this.#refused(answer);
    handlers.opened();
    try {
      for await (const line of linesOf(answer.body)) handlers.line(line);
    } catch (error) {
      if (!signal.aborted) throw this.#transport.failureOf(error, signal);
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #persist(call: KubeCall, ask: Ask): Promise<Answered> {
    const { time, patienceMs = 20_000 } = this.#options;
    const startedMs = time.monotonicMs();
    for (let attempt = 0; ; attempt++) {
      await this.#pause(ask.signal);
      try {
        return await this.#slots.use(ask.signal, () => this.#once(call, ask));
      } catch (error) {
        // A read on a connection the other side had just closed; writes are for the caller to look after.
        if (attempt === 0 && ask.method === "GET" && isKubeApiError(error) && error.reason === "ConnectionLost")
          continue;
        if (attempt === 0 && isUnauthorized(error)) {
          this.#transport.forgetAccess();
          continue;
        }
        if (!isTooManyRequests(error)) throw error;
        const waitMs = (error.retryAfterSeconds ?? 1) * 1000 * (1 + 0.1 * (this.#options.random ?? Math.random)());
        if (time.monotonicMs() + waitMs - startedMs > patienceMs) throw error;
        this.#pausedUntilMs = Math.max(this.#pausedUntilMs, time.monotonicMs() + waitMs);
      }
    }
  }

  async #pause(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#pausedUntilMs - this.#options.time.monotonicMs();
    if (waitMs > 0) await this.#options.time.sleep(waitMs, signal);
  }

  async #once(call: KubeCall, ask: Ask): Promise<Answered> {
    const answer = await this.#timed(call, () => this.#transport.ask(ask));
    if (answer.statusCode < 200 || answer.statusCode > 299) throw await this.#refused(answer);
    return { text: await this.#textOf(answer, ask.signal), date: dateOf(answer) };
  }

  async #refused(answer: Answer): Promise<unknown> {
    const retryAfter = answer.headers["retry-after"];
    const body = await this.#textOf(answer, undefined).catch(() => "");
    return errorFromAnswer(answer.statusCode, body, typeof retryAfter === "string" ? retryAfter : undefined);
  }

  async #textOf(answer: Answer, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await answer.body.text();
    } catch (error) {
      throw this.#transport.failureOf(error, signal);
    }
  }

  async #timed<T extends { readonly statusCode: number }>(call: KubeCall, run: () => Promise<T>): Promise<T> {
    const { time, onRequest } = this.#options;
    const startedMs = time.monotonicMs();
    try {
      const answer = await run();
      onRequest?.(call.verb, call.kind, answer.statusCode, time.monotonicMs() - startedMs);
      return answer;
    } catch (error) {
      onRequest?.(call.verb, call.kind, 0, time.monotonicMs() - startedMs);
      throw error;
    }
  }
}

function dateOf({ headers: { date } }: Answer): Date | null {
  const ms = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms);
}
