/**
 * Counts what a browser says in a WebSocket, by the heads of its frames alone (RFC 6455 §5.2): nothing is kept of what is in them, and
 * nothing held back. Ping, pong and close say nothing about anybody being there; nor do the shortest frames of an app known to send
 * them as a sign of life.
 */
export class ClientFrames {
  /** Frames with data, so far. */
  count = 0;
  readonly #keepAliveBytes: number;
  /** Of the frame at hand: bytes still to come. */
  #left = 0;
  /** The beginning of a head that a chunk cut off. */
  #head: Buffer | null = null;

  constructor(keepAliveBytes: number) {
    this.#keepAliveBytes = keepAliveBytes;
  }

  see(chunk: Buffer): void {
    let at = this.#left;
    if (at >= chunk.length) {
      this.#left -= chunk.length;
      return;
    }
    let bytes = chunk;
    if (this.#head !== null) {
      bytes = Buffer.concat([this.#head, chunk]);
      this.#head = null;
    }
    while (at < bytes.length) {
      const head = frameHead(bytes, at);
      if (head === null) {
        this.#head = Buffer.from(bytes.subarray(at));
        this.#left = 0;
        return;
      }
      if (head.opcode < 8 && head.payloadBytes > this.#keepAliveBytes) this.count++;
      at += head.bytes + head.payloadBytes;
    }
    this.#left = at - bytes.length;
  }
}

type FrameHead = { readonly opcode: number; readonly bytes: number; readonly payloadBytes: number };

/** `null` when not all of it is there yet. The mask is part of the head. */
function frameHead(bytes: Buffer, at: number): FrameHead | null {
  if (at + 2 > bytes.length) return null;
  const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (at + 2 + lengthBytes > bytes.length) return null;
  const payloadBytes =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return { opcode: first & 0x0f, bytes: 2 + lengthBytes + ((second & 0x80) === 0 ? 0 : 4), payloadBytes };
}
