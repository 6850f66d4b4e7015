import { startChild } from "../child.ts";
import { requestHead, setUpEdge } from "../edge-setup.ts";
import { atMost, figure, median, memoryBytes, quantile, type Row } from "../measure.ts";
import type { FloodOrder } from "../processes/flood.ts";
import type { NeighbourResult } from "../processes/neighbour.ts";

const rounds = 5;
const seconds = 3;
/** More than an edge passes on in that time: the flood lasts longer than the measurement beside it. */
const floodBytes = 40_000_000;
const kinds = ["fragments", "pings"] as const;

/**
 * S-57: how long somebody else's answers take while a page floods its WebSocket with a million tiny frames, beside the same bytes in honest
 * messages. Edge, flood and neighbour are processes of their own.
 */
export async function floodsPart(folder: string, nodeOptions: readonly string[]): Promise<Row[]> {
  const setup = await setUpEdge(folder, nodeOptions);
  const children = await Promise.all(
    ["flood", "neighbour"].map((name) => startChild(new URL(`../processes/${name}.ts`, import.meta.url), {})),
  );
  const [flooder, neighbour] = children;
  if (flooder === undefined || neighbour === undefined) throw new Error("two processes were asked for");
  const p99 = async (kind: FloodOrder["kind"] | null) => {
    const head = upgradeHead(setup);
    const flood = kind === null ? null : flooder.ask({ port: setup.edgePort, head, kind, bytes: floodBytes });
    const asked = { port: setup.edgePort, head: requestHead(setup), seconds };
    const { milliseconds } = (await neighbour.ask(asked)) as NeighbourResult;
    await flood;
    return quantile(milliseconds, 0.99);
  };
  try {
    await p99(null);
    const memoryBefore = memoryBytes(setup.edge.pid);
    const waits = { calm: [] as number[], messages: [] as number[], fragments: [] as number[], pings: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      waits.calm.push(await p99(null));
      for (const kind of ["messages", ...kinds] as const) waits[kind].push(await p99(kind));
    }
    const grown = (memoryBytes(setup.edge.pid) - memoryBefore) / 1024 ** 2;
    const honest = median(waits.messages);
    return [
      figure("floods", "a neighbour's p99 on a quiet edge", median(waits.calm), " ms"),
      figure("floods", "beside honest messages", honest, " ms"),
      ...kinds.map((kind) =>
        atMost("floods", `beside a flood of ${kind} ÷ beside honest messages`, median(waits[kind]) / honest, "×", 2),
      ),
      figure("floods", "memory the edge has more afterwards", Math.max(0, grown), " MiB"),
    ];
  } finally {
    await Promise.all([setup.close(), ...children.map((child) => child.stop())]);
  }
}

function upgradeHead({ host, cookie }: { readonly host: string; readonly cookie: string }): string {
  return [
    "GET /user/user-7/ws HTTP/1.1",
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Origin: http://${host}`,
    "Sec-WebSocket-Version: 13",
    // RFC 6455 §1.3's own example, which the stub knows the answer to.
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Cookie: ${cookie}`,
    "",
    "",
  ].join("\r\n");
}
