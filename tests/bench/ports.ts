import { freePort } from "#server/spawner/local/free-port.ts";

/** Ports of 127.0.0.1 that nobody has at the moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
