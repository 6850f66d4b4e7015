import type { Exchange } from "./run.ts";

/**
 * What is open in one run. Not a Set: one through which every request passes is rebuilt every few dozen of them, and V8 links each old
 * table to its successor, with the requests that were in it. Once one of them is old, all that follow live until the next full collection;
 * that was a fifth of the edge's CPU.
 */
export class OpenExchanges {
  readonly #all: Exchange[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(exchange: Exchange): void {
    exchange.place = this.#all.length;
    this.#all.push(exchange);
  }

  /** False when it wasn't open. The last one takes its place. */
  delete(exchange: Exchange): boolean {
    const { place } = exchange;
    if (this.#all[place] !== exchange) return false;
    const last = this.#all.pop();
    if (last !== undefined && last !== exchange) {
      this.#all[place] = last;
      last.place = place;
    }
    exchange.place = -1;
    return true;
  }

  [Symbol.iterator](): Iterator<Exchange> {
    return this.#all[Symbol.iterator]();
  }
}
