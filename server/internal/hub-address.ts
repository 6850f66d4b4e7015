import type { Target } from "#server/spawner/spawner.ts";

/**
 * Where a part of the portal finds another one. With `tls` the other side has to prove who it is: by a certificate of `ca` (PEM), else of
 * one of the authorities Node knows.
 */
export type HubAddress = Target & { readonly tls?: Tls };
export type Tls = { readonly ca: string | null };

/** `host:port`, `http://host:port`, `https://host:port` or a Unix socket's path. */
export function parseAddress(text: string, ca: string | null = null): HubAddress {
  if (text.startsWith("/")) return { kind: "unix", path: text };
  const url = new URL(text.includes("://") ? text : `http://${text}`);
  const secure = url.protocol === "https:";
  return {
    kind: "tcp",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (secure ? 443 : 80)),
    ...(secure ? { tls: { ca } } : {}),
  };
}

/** What URLs of requests to it begin with. */
export function originOf(address: HubAddress): string {
  if (address.kind === "unix") return "http://localhost";
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${address.tls === undefined ? "http" : "https"}://${host}:${address.port}`;
}

/** What undici and Node need to check the other side's certificate. */
export function checkedBy(address: HubAddress): { ca?: string } {
  const ca = address.tls?.ca ?? null;
  return ca === null ? {} : { ca };
}
