const newline = 0x0a;

/** The lines of a stream of bytes, however they are cut into chunks. A last one without its newline was cut off, and is dropped. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      parts.push(chunk.subarray(from, end));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      from = end + 1;
      if (line !== "") yield line;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
}
