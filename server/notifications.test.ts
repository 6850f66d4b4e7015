import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { createLog } from "#server/log.ts";
import { listening } from "#tests/edge-rig.ts";
import { systemClock } from "./clock.ts";
import { Notifications } from "./notifications.ts";

test("F-11: a database that takes the connection and says nothing is given up soon; meanwhile everybody looks each second", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  const { port } = await listening(silent);
  const url = `postgresql://berth@127.0.0.1:${port}/berth`;
  const notifications = new Notifications(url, systemClock, createLog("test", "silent"));
  let looks = 0;
  notifications.on("resync", () => looks++);
  notifications.start();
  await expect.poll(() => sockets.length, { timeout: 8000 }).toBe(2);
  expect(looks).toBeGreaterThan(3);
  expect(notifications.connected).toBe(false);
  const stopped = notifications.stop();
  for (const socket of sockets) socket.destroy();
  silent.close();
  await stopped;
});
