import { startChild } from "../child.ts";
import { compare } from "../compare.ts";
import { requestHead, setUpEdge } from "../edge-setup.ts";
import { atMost, figure, type Row } from "../measure.ts";
import type { WebSocketOrder, WebSocketResult } from "../processes/websocket-load.ts";

const sockets = 64;
const messageBytes = 64;
const rounds = { warmUp: 20_000, operations: 40_000, rounds: 6 };

/** CPU of the edge for a WebSocket message and its echo, beside two sockets piped into one another. */
export async function webSocketPart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  const setup = await setUpEdge(folder, nodeOptions);
  const reference = await startChild(new URL("../reference/socket-pipe.ts", import.meta.url), {
    upstreamPort: setup.upstreamPort,
  });
  const { port } = reference.ready as { port: number };
  const head = requestHead(setup, [
    `Origin: http://${setup.host}`,
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    // RFC 6455 §1.3's own example, which the stub knows the answer to.
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]).replace("Connection: keep-alive", "Connection: keep-alive, Upgrade");
  try {
    const [pipe, edge] = await compare<WebSocketResult>(
      [
        { name: "socket pipe", child: reference, port },
        { name: "edge", child: setup.edge, port: setup.edgePort },
      ],
      new URL("../processes/websocket-load.ts", import.meta.url),
      rounds,
      (side, messages): WebSocketOrder => ({ port: side.port, sockets, messages, messageBytes, head }),
    );
    return [
      figure("ws", "socket pipe, CPU per message there and back", pipe.microseconds, " µs"),
      figure("ws", "edge, CPU per message there and back", edge.microseconds, " µs"),
      figure("ws", "edge, messages per second on one core", edge.perSecond, "/s"),
      atMost("ws", "edge ÷ socket pipe", edge.microseconds / pipe.microseconds, "×", 1.3),
    ];
  } finally {
    await Promise.all([setup.close(), reference.stop()]);
  }
}
