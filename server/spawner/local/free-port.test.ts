import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";

const systemsFirst = Number.parseInt(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"), 10);

test.skipIf(systemsFirst <= 30_000)(
  "a port chosen now and listened at later is none the system gives to others meanwhile",
  async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    for (const port of ports) {
      expect(port).toBeGreaterThan(1023);
      expect(port).toBeLessThan(systemsFirst);
    }
  },
);

test("a port in use isn't given", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const others = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(others).not.toContain(port);
});
