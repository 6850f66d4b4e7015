import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClientFrames } from "./client-frames.ts";

/** A frame as a browser sends it: masked. */
function frame(opcode: number, payloadBytes: number): Buffer {
  const length =
    payloadBytes < 126
      ? Buffer.from([0x80 | payloadBytes])
      : payloadBytes < 65_536
        ? Buffer.from([0x80 | 126, payloadBytes >> 8, payloadBytes & 0xff])
        : Buffer.concat([Buffer.from([0x80 | 127]), bigLength(payloadBytes)]);
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, Buffer.alloc(4, 7), Buffer.alloc(payloadBytes, 0x81)]);
}

function bigLength(bytes: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes));
  return length;
}

const [text, binary, close, ping, pong] = [1, 2, 8, 9, 10] as const;

describe("frames of a WebSocket, by their heads", () => {
  test("ping, pong and close aren't activity, whatever their number", () => {
    const frames = new ClientFrames(0);
    for (let i = 0; i < 100; i++) frames.see(Buffer.concat([frame(ping, 4), frame(pong, 125)]));
    frames.see(frame(close, 2));
    expect(frames.count).toBe(0);
  });

  test("one key pressed is", () => {
    const frames = new ClientFrames(0);
    frames.see(frame(text, 13));
    frames.see(frame(binary, 1));
    expect(frames.count).toBe(2);
  });

  test("an app's own sign of life isn't, one byte more is", () => {
    const frames = new ClientFrames(13);
    frames.see(frame(binary, 13));
    expect(frames.count).toBe(0);
    frames.see(frame(binary, 14));
    expect(frames.count).toBe(1);
  });

  test("however the bytes are cut into chunks, the count is the same", () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000));
    const one = fc.tuple(fc.constantFrom(0, text, binary, close, ping, pong), size);
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 20 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 4000 })),
        (list, cuts) => {
          const sent = Buffer.concat(list.map(([opcode, bytes]) => frame(opcode, bytes)));
          const frames = new ClientFrames(0);
          for (let at = 0; at < sent.length; ) {
            const end = at + (at < 3000 ? 1 + ((cuts.next().value ?? 1) % 5) : (cuts.next().value ?? 1));
            frames.see(sent.subarray(at, end));
            at = end;
          }
          expect(frames.count).toBe(list.filter(([opcode, bytes]) => opcode < 8 && bytes > 0).length);
        },
      ),
      { numRuns: 300 },
    );
  });
});
