import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import { pino } from "pino";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { mintToken } from "#server/auth/session-token.ts";
import { type Clock, systemClock } from "#server/clock.ts";
import { createEdge, type Edge } from "#server/edge/edge.ts";
import type { EdgeOptions } from "#server/edge/state.ts";
import type {
  ActivityReport,
  EnterAnswer,
  RouteMessage,
  StoppedMessage,
  StreamChange,
  StreamLine,
  TokenAnswer,
} from "#server/internal/messages.ts";
import { freePort } from "#server/spawner/local/free-port.ts";

/** A real edge between real sockets: a hub that says what a test wants, servers that do what a test wants. */

const keys = generateKeyPairSync("ed25519");
export const signingKey = keys.privateKey;

export type Target = RouteMessage["target"];

/** A route as the hub would send it, but for what the test says. */
export function routeTo(target: Target, changes: Partial<RouteMessage> = {}): RouteMessage {
  const ownerName = changes.ownerName ?? "ana";
  const serverName = changes.serverName ?? "";
  return {
    serverId: `server-${ownerName}-${serverName}`,
    runId: randomUUID(),
    generation: 1,
    ownerId: `id-${ownerName}`,
    ownerName,
    serverName,
    prefix: `/user/${encodeURIComponent(ownerName)}/${serverName === "" ? "" : `${serverName}/`}`,
    originLabel: ownerName,
    target,
    stripPrefix: false,
    auth: "edge",
    inject: { header: "Authorization", value: `token secret-of-${ownerName}` },
    access: [{ userId: `id-${ownerName}`, until: null }],
    ...changes,
  };
}

export function stoppedAs(phase: StoppedMessage["phase"], ownerName = "ana"): StoppedMessage {
  const { serverId, ownerId, serverName, prefix, originLabel, access } = routeTo(
    { kind: "unix", path: "/none" },
    { ownerName },
  );
  return { serverId, ownerId, ownerName, serverName, prefix, originLabel, phase, access };
}

/** The hub's internal listener, without a hub. */
export class FakeHub {
  readonly tokens = new Map<string, TokenAnswer>();
  readonly enterAnswers = new Map<string, EnterAnswer>();
  readonly reports: ActivityReport[] = [];
  readonly questions: string[] = [];
  readonly routesSent: RouteMessage[] = [];
  snapshot: Extract<StreamLine, { type: "snapshot" }> = {
    type: "snapshot",
    revision: 1,
    routes: [],
    stopped: [],
    revokedSessions: [],
    disabledUsers: [],
    staleSince: null,
  };
  revision = 1;
  streamsOpened = 0;
  /** Requests that came while the hub was down. */
  turnedAway = 0;
  /** While true the hub neither streams nor answers. */
  down = false;
  readonly #streams = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async listen(): Promise<Target> {
    return await listening(this.#server);
  }

  send(...changes: StreamChange[]): void {
    this.revision += 1;
    for (const change of changes) if (change.type === "route") this.routesSent.push(change.route);
    this.write({ type: "change", revision: this.revision, changes });
  }

  write(line: StreamLine): void {
    for (const stream of this.#streams) stream.write(`${JSON.stringify(line)}\n`);
  }

  /** Cuts every stream; the edge connects again unless the hub is down. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  async close(): Promise<void> {
    this.cut();
    await closed(this.#server);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.down) {
      this.turnedAway += 1;
      return void request.destroy();
    }
    if (request.url === "/internal/stream") {
      this.streamsOpened += 1;
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write(`${JSON.stringify({ ...this.snapshot, revision: this.revision })}\n`);
      this.#streams.add(response);
      return;
    }
    this.questions.push(request.url ?? "");
    let text = "";
    for await (const chunk of request) text += String(chunk);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(this.#answer(request.url ?? "", JSON.parse(text))));
  }

  #answer(path: string, question: { token?: string; code?: string } & Partial<ActivityReport>): unknown {
    if (path === "/internal/token") return this.tokens.get(question.token ?? "") ?? { kind: "unknown" };
    if (path === "/internal/enter") return this.enterAnswers.get(question.code ?? "") ?? { kind: "refused" };
    this.reports.push({ sentAt: question.sentAt ?? 0, servers: question.servers ?? [] });
    return {};
  }
}

export type Rig = {
  readonly edge: Edge;
  readonly hub: FakeHub;
  readonly port: number;
  /** `127.0.0.1:port`, the portal's Host. */
  readonly host: string;
  readonly origin: string;
  /** Cookie header of a session of this user. */
  cookieOf(userName: string, sid?: string, options?: { expiresAt?: Date }): Promise<string>;
  /** Registers something to be closed with the rig, and gives its address. */
  serve(handler: RequestListener): Promise<Target & { readonly server: Server }>;
  serveRaw(onConnection: (socket: Socket) => void): Promise<Target>;
  close(): Promise<void>;
};

export type RigOptions = Partial<Omit<EdgeOptions, "listen">> & {
  readonly routes?: readonly RouteMessage[];
  readonly stopped?: readonly StoppedMessage[];
  readonly subdomains?: boolean;
  readonly startCutOff?: boolean;
  readonly clock?: Clock;
};

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { routes = [], stopped = [], subdomains = false, startCutOff = false, ...overrides } = options;
  const hub = new FakeHub();
  hub.down = startCutOff;
  hub.snapshot = { ...hub.snapshot, routes: [...routes], stopped: [...stopped] };
  const port = await freePort();
  const portalHost = subdomains ? `portal.localhost:${port}` : `127.0.0.1:${port}`;
  const nowhere: Target = { kind: "unix", path: `/nowhere-${randomUUID()}` };
  const publicUrl = overrides.publicUrl ?? new URL(`http://${portalHost}`);
  const edge = createEdge({
    listen: { host: "127.0.0.1", port },
    publicUrl,
    subdomainHost: subdomains ? `users.localhost:${port}` : null,
    trustedProxies: [],
    verifyKeys: [keys.publicKey],
    hubApi: nowhere,
    web: nowhere,
    internal: { target: await hub.listen(), key: "edge-key" },
    offlineSeconds: 600,
    staleRoutes: "serve",
    connectTimeoutSeconds: 5,
    idleTimeoutSeconds: 60,
    clock: systemClock,
    log: pino({ level: "silent" }),
    ...overrides,
  });
  await edge.listen();
  if (!startCutOff) await until(() => edge.ready());
  const closers: (() => Promise<void>)[] = [];
  return {
    edge,
    hub,
    port,
    host: publicUrl.host,
    origin: publicUrl.origin,
    cookieOf: async (userName, sid = randomBytes(32).toString("base64url"), { expiresAt = inAnHour() } = {}) => {
      const claims = { sid, userId: `id-${userName}`, expiresAt, serverId: null };
      return `${sessionCookieName(publicUrl)}=${await mintToken(signingKey, "session", claims)}`;
    },
    serve: async (handler) => {
      const server = createServer(handler);
      closers.push(() => closed(server));
      return { ...(await listening(server)), server };
    },
    serveRaw: async (onConnection) => {
      const open = new Set<Socket>();
      const server = createTcpServer((socket) => {
        open.add(socket);
        socket.on("error", () => socket.destroy());
        onConnection(socket);
      });
      closers.push(async () => {
        for (const socket of open) socket.destroy();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      });
      return await listening(server);
    },
    close: async () => {
      await edge.close(0);
      await Promise.all([hub.close(), ...closers.map((close) => close())]);
    },
  };
}

export function inAnHour(): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
}

export async function listening(server: NetServer): Promise<{ kind: "tcp"; host: string; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { kind: "tcp", host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Waits on a condition, never on time; fails after `limitMs`. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 8000): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`not true within ${limitMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export type Answer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
};

/** Sends these bytes as they are on a connection of their own, and reads until the other side closes it. */
export async function sendRaw(port: number, bytes: string | Buffer, limitMs = 5000): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), limitMs);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on("connect", () => socket.write(bytes, "latin1" as BufferEncoding));
  });
  return text;
}

export type Request = {
  readonly method?: string;
  readonly host: string;
  readonly headers?: readonly string[];
  readonly body?: string;
};

/** One request, laid out by hand so that nothing normalises it; `headers` are whole lines. */
export async function ask(port: number, target: string, request: Request): Promise<Answer> {
  const { method = "GET", host, headers = [], body = "" } = request;
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, ...length, "", body];
  return parseAnswer(await sendRaw(port, lines.join("\r\n")));
}

export function parseAnswer(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, Math.max(0, end)).split("\r\n");
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const at = line.indexOf(":");
    const name = line.slice(0, at).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  const rest = end < 0 ? "" : text.slice(end + 4);
  const chunked = headers.get("transfer-encoding")?.includes("chunked") ?? false;
  return { status: Number(first.split(" ")[1] ?? 0), headers, body: chunked ? unchunk(rest) : rest };
}

function unchunk(text: string): string {
  let body = "";
  for (let at = 0; ; ) {
    const end = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, end), 16);
    if (!(length > 0)) return body;
    body += text.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}

/** A server that answers with what it was sent. */
export const echo: RequestListener = (request, response) => {
  let body = "";
  request.setEncoding("latin1");
  request.on("data", (chunk) => {
    body += String(chunk);
  });
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method: request.method, target: request.url, headers: request.rawHeaders, body }));
  });
};

export type Echoed = { method: string; target: string; headers: string[]; body: string };

export function echoedIn(answer: Answer): Echoed & { valuesOf(name: string): string[] } {
  const echoed = JSON.parse(answer.body) as Echoed;
  return {
    ...echoed,
    valuesOf: (name) =>
      echoed.headers.filter((_value, index) => index % 2 === 1 && echoed.headers[index - 1]?.toLowerCase() === name),
  };
}
