import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { mintToken } from "#server/auth/session-token.ts";
import type { RouteMessage, StreamLine } from "#server/internal/messages.ts";
import { type Child, startChild } from "./child.ts";
import type { EdgeSettings } from "./processes/edge.ts";

/** An edge with a thousand routes and one logged-in user, in front of a stub of that user's server. */
export type EdgeSetup = {
  readonly upstreamPort: number;
  readonly edge: Child;
  readonly edgePort: number;
  readonly host: string;
  readonly cookie: string;
  close(): Promise<void>;
};

const publicUrl = "http://portal.example.org";
const routeCount = 1000;

export async function setUpEdge(folder: string, nodeOptions: readonly string[]): Promise<EdgeSetup> {
  const keys = generateKeyPairSync("ed25519");
  const upstream = await startChild(new URL("./processes/upstream.ts", import.meta.url), {});
  const { port: upstreamPort } = upstream.ready as { port: number };
  const hubSocket = join(folder, `hub-${randomUUID().slice(0, 8)}.sock`);
  const hub = fakeHub(Array.from({ length: routeCount }, (_, index) => routeOf(index, upstreamPort)));
  await new Promise<void>((resolve) => hub.listen(hubSocket, resolve));
  const edgeSettings: EdgeSettings = {
    publicUrl,
    hubSocket,
    verifyKeyPem: keys.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
  const edge = await startChild(new URL("./processes/edge.ts", import.meta.url), edgeSettings, { nodeOptions });
  const session = await mintToken(keys.privateKey, "session", {
    sid: randomBytes(32).toString("base64url"),
    userId: "id-user-7",
    expiresAt: new Date(Date.now() + 3_600_000),
    serverId: null,
  });
  return {
    upstreamPort,
    edge,
    edgePort: (edge.ready as { port: number }).port,
    host: new URL(publicUrl).host,
    cookie: `_xsrf=2|f1d2|a9c3b1; ${sessionCookieName(publicUrl)}=${session}`,
    close: async () => {
      await Promise.all([edge.stop(), upstream.stop()]);
      hub.closeAllConnections();
      await new Promise<void>((resolve) => hub.close(() => resolve()));
    },
  };
}

function routeOf(index: number, port: number): RouteMessage {
  const ownerName = `user-${index}`;
  return {
    serverId: randomUUID(),
    runId: randomUUID(),
    generation: 1,
    ownerId: `id-${ownerName}`,
    ownerName,
    serverName: "",
    prefix: `/user/${ownerName}/`,
    originLabel: ownerName,
    target: { kind: "tcp", host: "127.0.0.1", port },
    stripPrefix: false,
    auth: "edge",
    inject: { header: "Authorization", value: `token ${randomBytes(32).toString("hex")}` },
    access: [{ userId: `id-${ownerName}`, until: null }],
  };
}

function fakeHub(routes: readonly RouteMessage[]) {
  const lines: Record<"snapshot" | "ping", StreamLine> = {
    snapshot: {
      type: "snapshot",
      revision: 1,
      routes: [...routes],
      stopped: [],
      revokedSessions: [],
      disabledUsers: [],
      staleSince: null,
    },
    ping: { type: "ping", revision: 1 },
  };
  return createServer((request, response) => {
    request.resume();
    if (request.url !== "/internal/stream") return void response.end("{}");
    response.write(`${JSON.stringify(lines.snapshot)}\n`);
    const ping = setInterval(() => response.write(`${JSON.stringify(lines.ping)}\n`), 5000);
    response.on("close", () => clearInterval(ping));
  });
}

/** What a browser's script sends with a small question to its server. */
export function requestHead(
  { host, cookie }: Pick<EdgeSetup, "host" | "cookie">,
  extra: readonly string[] = [],
): string {
  return [
    "GET /user/user-7/api/status?1700000000000 HTTP/1.1",
    `Host: ${host}`,
    "Connection: keep-alive",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept: */*",
    "Accept-Language: en-GB,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br, zstd",
    `Referer: http://${host}/user/user-7/lab`,
    "Sec-Fetch-Dest: empty",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Site: same-origin",
    `Cookie: ${cookie}`,
    ...extra,
    "",
    "",
  ].join("\r\n");
}
