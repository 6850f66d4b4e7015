import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createHttpsServer } from "node:https";

/** What a listener proves itself with, both as PEM. */
export type Certificate = { readonly cert: string; readonly key: string };

/** A listener over TLS when there is a certificate for it, else a plain one. */
export function createServerWith(
  certificate: Certificate | null,
  options: ServerOptions,
  listener: RequestListener,
): Server {
  return certificate === null
    ? createServer(options, listener)
    : createHttpsServer({ ...options, ...certificate, minVersion: "TLSv1.2" }, listener);
}
