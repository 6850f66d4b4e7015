import { systemClock } from "#server/clock.ts";
import type { Patience } from "./chart-patience.ts";
import { type HeldLine, LineEnded, type Visitor } from "./chart-visitor.ts";

/** People at work until told to stop; each rejects with the first thing that a person would have called an error. */
export type Load = { readonly patience: Patience; readonly signal: AbortSignal };

const rightAwaySeconds = 15;
const settledSeconds = 150;

async function within<T>(what: string, seconds: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = systemClock.sleep(seconds * 1000, over.signal).then(
    () => Promise.reject(new Error(`${what}: not within ${seconds} s`)),
    () => new Promise<never>(() => undefined),
  );
  return await Promise.race([work, late]).finally(() => over.abort());
}

const pause = async ({ signal }: Load, ms: number) => await systemClock.sleep(ms, signal).catch(() => undefined);

/** A WebSocket that is kept open and opened again; says every second which message it is, and hears it. Returns how each ended. */
export async function keepLine(load: Load, visitor: Visitor, path: string): Promise<NonNullable<HeldLine["ended"]>[]> {
  const endings: NonNullable<HeldLine["ended"]>[] = [];
  for (let said = 0; !load.signal.aborted; ) {
    const line = await load.patience.open(`WebSocket ${path}`, () => visitor.line(path));
    for (; !load.signal.aborted && line.ended === null; said++) {
      line.say(`${said}`);
      const heard = await within(
        `the echo of ${path}`,
        rightAwaySeconds,
        line.first((text) => text),
      ).catch(unlessEnded);
      if (heard !== null && heard !== `${said}`) throw new Error(`${path} was told ${said} and heard ${heard}`);
      await pause(load, 1000);
    }
    if (line.ended === null) line.hangUp();
    else endings.push(line.ended);
  }
  return endings;
}

function unlessEnded(error: unknown): null {
  if (error instanceof LineEnded) return null;
  throw error;
}

/** A page of a notebook that is opened again and again: the same kernel, which still knows what it was told. */
export async function keepKernel(
  load: Load,
  visitor: Visitor,
  prefix: string,
  kernel: string,
  value: string,
): Promise<void> {
  while (!load.signal.aborted) {
    const cell = () =>
      within(`a cell of ${prefix}`, rightAwaySeconds, visitor.runCellIn(prefix, kernel, "print(kept)"));
    const printed = await load.patience.open(`kernel of ${prefix}`, cell);
    if (printed !== value) throw new Error(`the kernel of ${prefix} says ${printed}, not ${value}`);
    await pause(load, 1000);
  }
}

export type Page = { readonly visitor: Visitor; readonly path: string; readonly shows: string };

export async function keepReading(load: Load, { visitor, path, shows }: Page): Promise<void> {
  while (!load.signal.aborted) {
    const { status, text } = await load.patience.ask(`GET ${path}`, () => visitor.ask("GET", path));
    if (status !== 200 || !text.includes(shows)) throw new Error(`GET ${path}: ${status} ${text.slice(0, 2000)}`);
    await pause(load, 700);
  }
}

/** One user with a script: starts the server, uses it, stops it. */
export class Starter {
  readonly name: string;
  readonly #visitor: Visitor;
  readonly #patience: Patience;
  /** How often a start was accepted. */
  starts = 0;

  constructor(name: string, visitor: Visitor, patience: Patience) {
    this.name = name;
    this.#visitor = visitor;
    this.#patience = patience;
  }

  async keepStarting(load: Load): Promise<void> {
    while (!load.signal.aborted) {
      await this.start();
      await this.use();
      await pause(load, 2000);
      await this.stop();
    }
  }

  async start(): Promise<void> {
    const { status, text } = await this.#ask("POST", { profile: "echo" });
    // Its own order, whose answer was lost: it starts a server only when it has seen it stopped.
    const isRepeated = status === 400 && text.includes("already running");
    if (status >= 300 && !isRepeated) throw new Error(`${this.name}'s start: ${status} ${text}`);
    this.starts++;
    await this.#until("ready");
  }

  async use(): Promise<void> {
    const path = `/user/${this.name}/echo`;
    const heard = await this.#patience.open(`WebSocket ${path}`, async () => {
      const line = await this.#visitor.line(path);
      line.say(this.name);
      return await within(
        `the echo of ${path}`,
        rightAwaySeconds,
        line.first((text) => text),
      ).finally(() => line.hangUp());
    });
    if (heard !== this.name) throw new Error(`${path} said ${heard}`);
  }

  async stop(): Promise<void> {
    const { status, text } = await this.#ask("DELETE");
    if (status >= 300) throw new Error(`${this.name}'s stop: ${status} ${text}`);
    await this.#until("stopped");
  }

  /** As the hub says it; a start that ends otherwise was lost. */
  async is(): Promise<"ready" | "stopped" | "on its way"> {
    const { status, text } = await this.#ask("GET");
    if (status !== 200) throw new Error(`${this.name}'s server: ${status} ${text}`);
    const { ready, stopped } = JSON.parse(text) as { ready: boolean; stopped: boolean };
    return ready ? "ready" : stopped ? "stopped" : "on its way";
  }

  async #until(wanted: "ready" | "stopped"): Promise<void> {
    const endMs = systemClock.monotonicMs() + settledSeconds * 1000;
    for (;;) {
      const found = await this.is();
      if (found === wanted) return;
      if (found === "stopped") throw new Error(`${this.name}'s start was lost`);
      if (systemClock.monotonicMs() > endMs) throw new Error(`${this.name}'s server is not ${wanted}: ${found}`);
      await systemClock.sleep(300);
    }
  }

  async #ask(method: "GET" | "POST" | "DELETE", body?: object) {
    const path = `/hub/api/users/${this.name}/server`;
    return await this.#patience.ask(`${method} ${path}`, () => this.#visitor.ask(method, path, body));
  }
}
