/** Addresses that network policies name, as CIDR. */

/** RFC 1918: where a cluster's pods and services and the organisation's own machines are. */
export const privateIpv4: readonly string[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** RFC 4193. */
export const privateIpv6 = "fc00::/7";

/** Beside the private ones: RFC 6598 (also Alibaba's metadata), loopback, link-local (cloud metadata), Azure's wire server. */
const closedIpv4: readonly string[] = [
  ...privateIpv4,
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "168.63.129.16/32",
];
/** The metadata server of AWS by IPv6. */
export const metadataIpv6 = "fd00:ec2::254/128";

/** What isn't the internet, by family. `metadataIp` is a cloud's metadata server that may lie anywhere. */
export function closedTo(metadataIp: string): { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] } {
  const own = `${metadataIp}/32`;
  const ipv4 = [...closedIpv4, ...(closedIpv4.some((cidr) => liesIn(cidr, metadataIp)) ? [] : [own])];
  // Unique local, link-local, loopback, and the closed IPv4 ranges by NAT64 (RFC 6052).
  return { ipv4, ipv6: [privateIpv6, "fe80::/10", "::1/128", ...ipv4.map(throughNat64)] };
}

/** Whether an IPv4 address lies in a block of the same family. */
export function liesIn(cidr: string, address: string): boolean {
  const [network = "", bits = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(network) / size) === Math.floor(numberOf(address) / size);
}

/** `10.0.0.0/8` as `64:ff9b::a00:0/104`: an IPv6-only cluster reaches IPv4 under this prefix. */
function throughNat64(cidr: string): string {
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = cidr.split(/[./]/).map(Number);
  return `64:ff9b::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}/${96 + bits}`;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
