import { type ChildProcess, spawn } from "node:child_process";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { freePort } from "#server/spawner/local/free-port.ts";
import { type FakeHub, startFakeHub } from "./hub.ts";
import type { FakeHubOptions } from "./hub-state.ts";

export type FakePortal = { readonly url: string; readonly hub: FakeHub; stop(): Promise<void> };

const root = path.resolve(import.meta.dirname, "../..");

/** The real web role, as a child process, behind the smallest possible edge and in front of the fake hub. */
export async function startFakePortal(
  options: Partial<FakeHubOptions> & { readonly environment?: Record<string, string> } = {},
): Promise<FakePortal> {
  const { environment, ...hubOptions } = options;
  const front = createServer();
  const port = await listen(front);
  const url = `http://127.0.0.1:${port}`;
  const hub = await startFakeHub({ publicUrl: url, ...hubOptions });
  const webPort = await freePort();
  const web = startWeb(hub, url, webPort, environment ?? {});
  await untilReady(web);
  front.on("request", (request: IncomingMessage, response: ServerResponse) => route(hub, webPort, request, response));
  return {
    url,
    hub,
    stop: async () => {
      front.closeAllConnections();
      front.close();
      const exited = new Promise<void>((resolve) => web.once("exit", () => resolve()));
      web.kill("SIGTERM");
      await exited;
      await hub.stop();
    },
  };
}

function startWeb(hub: FakeHub, publicUrl: string, port: number, environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [path.join(root, "server/web/main.ts")], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      NODE_ENV: "production",
      PATH: process.env.PATH,
      BERTH_WEB_PARENT: "stdin",
      BERTH_WEB_LISTEN: `127.0.0.1:${port}`,
      BERTH_WEB_INTERNAL: `127.0.0.1:${hub.port}`,
      BERTH_WEB_INTERNAL_KEY: hub.internalKey,
      BERTH_WEB_HUB_API: `127.0.0.1:${hub.port}`,
      BERTH_WEB_PUBLIC_URL: publicUrl,
      BERTH_WEB_VERIFY_KEY: hub.verifyKeyPem,
      BERTH_WEB_SECRET: "a secret for tests, long enough to be taken",
      ...environment,
    },
  });
}

async function untilReady(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => chunk.toString().includes("web: ready") && resolve());
    child.once("exit", (code) => reject(new Error(`the web role ended with ${code}`)));
  });
}

function route(hub: FakeHub, webPort: number, request: IncomingMessage, response: ServerResponse): void {
  const target = request.url ?? "/";
  if (target.startsWith("/api/trpc/")) return void hub.handle(request, response).catch(() => response.destroy());
  if (target.startsWith("/user/")) {
    response.writeHead(200, { "content-type": "text/html" });
    return void response.end(`<!doctype html><html lang="en"><title>server</title><h1>A server</h1>`);
  }
  forward(webPort, target, request, response);
}

function forward(port: number, target: string, request: IncomingMessage, response: ServerResponse): void {
  const headers = { ...request.headers, "x-forwarded-for": request.socket.remoteAddress ?? "" };
  const onwards = httpRequest({ host: "127.0.0.1", port, path: target, method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onwards.on("error", () => response.destroy());
  request.pipe(onwards);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
