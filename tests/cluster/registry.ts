import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";

/** A registry of images on the node that has none: it keeps whoever asks waiting until it is told to answer. */
export type EmptyRegistry = {
  /** Name of an image it is asked for. */
  image(name: string): string;
  /** Somebody is waiting for this image. */
  isAsked(name: string): boolean;
  /** Tells everybody who waits for it, and who asks later, that there is no such image, or that they may not have it. */
  deny(name: string, why?: "missing" | "forbidden"): void;
  close(): void;
};

export async function startEmptyRegistry(): Promise<EmptyRegistry> {
  const waiting = new Map<string, Set<ServerResponse>>();
  const denied = new Map<string, "missing" | "forbidden">();
  const refuse = (response: ServerResponse, why: "missing" | "forbidden") => {
    const [status, code] = why === "missing" ? [404, "MANIFEST_UNKNOWN"] : [401, "UNAUTHORIZED"];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
  };
  const server = createServer((request, response) => {
    const name = /^\/v2\/([^/]+)\/manifests/.exec(request.url ?? "")?.[1];
    if (name === undefined) return void response.end("{}");
    const why = denied.get(name);
    if (why !== undefined) return refuse(response, why);
    const here = waiting.get(name) ?? new Set();
    waiting.set(name, here.add(response));
    response.once("close", () => here.delete(response));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    image: (name) => `localhost:${port}/${name}:1`,
    isAsked: (name) => (waiting.get(name)?.size ?? 0) > 0,
    deny: (name, why = "missing") => {
      denied.set(name, why);
      for (const response of waiting.get(name) ?? []) refuse(response, why);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
