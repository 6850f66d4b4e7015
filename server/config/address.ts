import { isIP } from "node:net";

export type ListenAddress = { readonly host: string; readonly port: number };

/** `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`; null when it is none of these. */
export function parseListen(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65535 || (match?.[1] !== undefined && isIP(host) !== 6)) return null;
  return { host, port };
}

/** Only this machine reaches it. */
export function isLoopbackHost(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (isIP(plain) === 4) return plain.startsWith("127.");
  return plain === "::1" || plain === "localhost" || plain.endsWith(".localhost");
}

/** Why a range can't be a list of one's own load balancers; null when it can. */
export function trustedRangeProblem(range: string): string | null {
  const [address = "", bitsText] = range.split("/");
  const family = isIP(address);
  if (family === 0) return `“${range}” is no address and no range such as 10.0.0.0/8.`;
  const bits = bitsText === undefined ? (family === 4 ? 32 : 128) : Number(bitsText);
  if (bits > (family === 4 ? 32 : 128)) return `“${range}” is no range: /${bits} is too long.`;
  const mapped = family === 6 && /^(?:0*:)*:?ffff:/i.test(address);
  // The widest ranges organisations own are 10.0.0.0/8 and fc00::/7; anything wider believes strangers' headers.
  const least = family === 4 ? 8 : mapped ? 104 : 7;
  if (bits >= least) return null;
  return `“${range}” believes X-Forwarded-* headers from (nearly) anybody, who could then pretend to be anyone. Name your load balancers' own addresses.`;
}
