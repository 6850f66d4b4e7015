import type { Reload } from "./reload.ts";
import type { Config } from "./schema.ts";

/** What became of the file when it was last read. */
export type Reading = {
  readonly file: string;
  readonly at: Date;
  /** What keeps it from being taken, a sentence each; the configuration before goes on. */
  readonly problems: readonly string[];
  /** Keys that need a restart. */
  readonly waiting: readonly string[];
};

/** The configuration a hub goes by. A question takes `now` once, so that it is answered by one and the same. */
export class LiveConfig {
  #now: Config;
  #reading: Reading | null;

  /** `read`: the file it came from, where there is one. */
  constructor(config: Config, read?: Pick<Reading, "file" | "at">) {
    this.#now = config;
    this.#reading = read === undefined ? null : { ...read, problems: [], waiting: [] };
  }

  get now(): Config {
    return this.#now;
  }

  /** Null where there is no file that could change. */
  get reading(): Reading | null {
    return this.#reading;
  }

  take({ config, changed, waiting }: Reload, { file, at }: Pick<Reading, "file" | "at">): void {
    // What is worked out from a configuration is remembered by the object.
    if (changed.length > 0) this.#now = config;
    this.#reading = { file, at, problems: [], waiting };
  }

  refuse(problems: readonly string[], { file, at }: Pick<Reading, "file" | "at">): void {
    this.#reading = { file, at, problems, waiting: this.#reading?.waiting ?? [] };
  }
}
