import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** Linux's default and, from 49152 on, that of others (RFC 6335 §6). */
const systemGivesFrom = 32_768;
/** Above what machines usually serve, below the node ports of Kubernetes. */
const ours = { from: 20_000, to: 30_000 } as const;
const attempts = 50;

/**
 * A TCP port of the loopback address for a program that listens later, or again after a restart. Not one from the range in which the
 * system gives ports to whoever connects or listens without naming one (ip(7), ip_local_port_range): between the choice and the listening it
 * would be anybody's.
 */
export async function freePort(): Promise<number> {
  const end = Math.min(ours.to, firstPortOfTheSystem());
  for (let attempt = 0; attempt < attempts && end > ours.from; attempt++) {
    const port = randomInt(ours.from, end);
    if (await listensAt(port).catch(() => null)) return port;
  }
  return await listensAt(0);
}

function firstPortOfTheSystem(): number {
  try {
    return Number.parseInt(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"), 10) || systemGivesFrom;
  } catch {
    return systemGivesFrom;
  }
}

/** Listens for a moment; gives the port, which for 0 is the system's choice. */
function listensAt(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("no port was given"));
      });
    });
  });
}
