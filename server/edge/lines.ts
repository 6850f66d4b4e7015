import { StringDecoder } from "node:string_decoder";

/** Cuts a stream of bytes into lines; a snapshot of tens of megabytes is put together once, not once per chunk. */
export class Lines {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #parts: string[] = [];

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      const line = this.#parts.join("") + text.slice(from, end);
      this.#parts = [];
      from = end + 1;
      if (line !== "") this.#onLine(line);
    }
    if (from < text.length) this.#parts.push(text.slice(from));
  }
}
