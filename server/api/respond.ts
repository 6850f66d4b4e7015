import type { ServerResponse } from "node:http";

/** JupyterHub's clients look at this on every answer and warn when the major differs from theirs. */
export const jupyterhubVersion = "5.5.4";

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
