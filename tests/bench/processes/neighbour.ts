import { once } from "node:events";
import { connect } from "node:net";
import { answer, onOrder } from "../child-side.ts";

export type NeighbourOrder = { readonly port: number; readonly head: string; readonly seconds: number };
export type NeighbourResult = { readonly milliseconds: readonly number[] };

const pauseMs = 5;

/** Somebody who works: one small question after the other, with a moment between them; how long each answer took. */
async function work({ port, head, seconds }: NeighbourOrder): Promise<NeighbourResult> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const milliseconds: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    const askedMs = performance.now();
    socket.write(head, "latin1");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    if (!chunk.toString("latin1").startsWith("HTTP/1.1 200 ")) throw new Error(chunk.toString("latin1").slice(0, 200));
    milliseconds.push(performance.now() - askedMs);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  socket.destroy();
  return { milliseconds };
}

onOrder(work);
answer({});
