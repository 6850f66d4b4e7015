import { systemClock } from "#server/clock.ts";
import { type Answer, LineEnded, LineRefused } from "./chart-visitor.ts";

/** Longer than a database takes to come back on a busy machine. */
const patienceSeconds = 90;
/** What a client does that isn't told when to come back. */
const pauseSeconds = 1;

type Repeated = { readonly what: string; readonly because: readonly string[]; readonly seconds: number };

/**
 * What a browser, its EventSource and the pages' own client repeat without anybody noticing more than a delay: a connection that was
 * refused or ended before any answer, and 502, 503 or 504 that say when to come back. Every other answer is the last one.
 */
export class Patience {
  requests = 0;
  readonly repeated: Repeated[] = [];

  /** Asks until there is an answer. Only for what may be asked twice: all of Berth's verbs are. */
  async ask(what: string, once: () => Promise<Answer>): Promise<Answer> {
    return await this.#until(what, async () => {
      const answer = await once().catch(endedWithoutAnswer);
      if (answer instanceof Later) return answer;
      return isLater(answer) ? new Later(`${answer.status}`, answer.retryAfterSeconds) : answer;
    });
  }

  /** A WebSocket, opened until it is open. */
  async open<T>(what: string, once: () => Promise<T>): Promise<T> {
    return await this.#until(what, async () => await once().catch(refusedForNow));
  }

  async #until<T>(what: string, once: () => Promise<T | Later>): Promise<T> {
    this.requests++;
    const startedMs = systemClock.monotonicMs();
    const because: string[] = [];
    for (;;) {
      const outcome = await once();
      const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
      if (!(outcome instanceof Later)) {
        if (because.length > 0) this.repeated.push({ what, because, seconds });
        return outcome;
      }
      because.push(outcome.because);
      if (seconds > patienceSeconds)
        throw new Error(`${what}: not for ${Math.round(seconds)} s (${because.join(", ")})`);
      await systemClock.sleep((outcome.afterSeconds ?? pauseSeconds) * 1000);
    }
  }

  summary(): string {
    const longest = this.repeated.toSorted((a, b) => b.seconds - a.seconds)[0];
    const worst =
      longest === undefined
        ? ""
        : `; the longest: ${longest.what} (${longest.because.join(", ")}), ${longest.seconds.toFixed(1)} s`;
    const once = this.repeated.filter(({ because }) => because.length === 1).length;
    return `${this.requests} requests, ${once} repeated once, ${this.repeated.length - once} more often${worst}`;
  }
}

class Later {
  readonly because: string;
  readonly afterSeconds: number | null;

  constructor(because: string, afterSeconds: number | null) {
    this.because = because;
    this.afterSeconds = afterSeconds;
  }
}

function isLater({ status, retryAfterSeconds }: { status: number; retryAfterSeconds: number | null }): boolean {
  return [502, 503, 504].includes(status) && retryAfterSeconds !== null;
}

const endings = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"];

function endedWithoutAnswer(error: unknown): Later {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (endings.includes(code) || (error instanceof Error && error.message === "socket hang up"))
    return new Later(code, null);
  throw error;
}

function refusedForNow(error: unknown): Later {
  if (error instanceof LineEnded) return new Later("ended", null);
  if (!(error instanceof LineRefused)) return endedWithoutAnswer(error);
  if (isLater(error)) return new Later(`${error.status}`, error.retryAfterSeconds);
  throw error;
}
