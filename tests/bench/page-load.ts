import { Agent, type IncomingMessage, request } from "node:http";

/** Asks for a page at a fixed rate until told to stop, whether or not the last answer is there: what a person waits. */
export class PageLoad {
  readonly milliseconds: number[] = [];
  failures = 0;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #timer: NodeJS.Timeout;
  readonly #asked = new Set<Promise<void>>();

  constructor(port: number, path: string, cookie: string, everyMs: number) {
    this.#timer = setInterval(() => {
      const asked = this.#ask(port, path, cookie).finally(() => this.#asked.delete(asked));
      this.#asked.add(asked);
    }, everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#asked);
    this.#agent.destroy();
  }

  async #ask(port: number, path: string, cookie: string): Promise<void> {
    const startedMs = performance.now();
    const status = await statusOf({ port, path, cookie, agent: this.#agent }).catch(() => 0);
    this.milliseconds.push(performance.now() - startedMs);
    if (status !== 200) this.failures++;
  }
}

export type Question = { readonly port: number; readonly path: string; readonly cookie: string; readonly agent: Agent };

/** One GET; its status once the whole answer is here. */
export async function statusOf({ port, path, cookie, agent }: Question): Promise<number> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, agent, headers: { cookie } }, resolve).on("error", reject).end();
  });
  answer.resume();
  await new Promise((resolve) => answer.once("close", resolve));
  return answer.statusCode ?? 0;
}
