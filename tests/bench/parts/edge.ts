import { startChild } from "../child.ts";
import { compare } from "../compare.ts";
import { requestHead, setUpEdge } from "../edge-setup.ts";
import { atMost, figure, type Row } from "../measure.ts";
import type { HttpOrder, HttpResult } from "../processes/http-load.ts";

const connections = 16;
const rounds = { warmUp: 10_000, operations: 20_000, rounds: 6 };

/** CPU of the edge for a small authenticated request, beside a proxy that only passes it through. */
export async function edgePart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  const setup = await setUpEdge(folder, nodeOptions);
  const reference = await startChild(
    new URL("../reference/undici-pass-through.ts", import.meta.url),
    { upstreamPort: setup.upstreamPort },
    { nodeOptions },
  );
  const { port } = reference.ready as { port: number };
  try {
    const [through, edge] = await compare<HttpResult>(
      [
        { name: "undici pass-through", child: reference, port },
        { name: "edge", child: setup.edge, port: setup.edgePort },
      ],
      new URL("../processes/http-load.ts", import.meta.url),
      rounds,
      (side, requests): HttpOrder => ({ port: side.port, connections, requests, head: requestHead(setup) }),
    );
    return [
      figure("edge", "undici pass-through, CPU per small request", through.microseconds, " µs"),
      figure("edge", "edge, CPU per small authenticated request", edge.microseconds, " µs"),
      figure("edge", "edge, requests per second on one core", edge.perSecond, "/s"),
      atMost("edge", "edge ÷ undici pass-through", edge.microseconds / through.microseconds, "×", 1.3),
    ];
  } finally {
    await Promise.all([setup.close(), reference.stop()]);
  }
}
