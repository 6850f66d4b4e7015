import { BlockList, isIP } from "node:net";

/** Who asks, by the addresses of the load balancers whose word is taken. */
export type ClientAddresses = { clientOf(peer: string | undefined, forwardedFor: string | null): string };

export function trustedProxies(cidrs: readonly string[]): ClientAddresses {
  const trusted = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", prefix] = cidr.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    const bits = prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix);
    // Believing everybody is believing nobody: anyone could choose the address they are logged and limited by.
    if (bits === 0) throw new Error(`proxy.trustedProxies: ${cidr} would believe everybody. Name your load balancers.`);
    trusted.addSubnet(address, bits, family);
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return {
    clientOf(peer, forwardedFor) {
      let client = plainAddress(peer ?? "");
      if (cidrs.length === 0 || forwardedFor === null) return client;
      // From the right: each trusted hop wrote down the one before it; what an untrusted one claims ends the walk.
      const hops = forwardedFor.split(",");
      while (isTrusted(client)) {
        const hop = plainAddress(hops.pop()?.trim() ?? "");
        if (isIP(hop) === 0) break;
        client = hop;
      }
      return client;
    },
  };
}

function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
