import { describe, expect, test } from "vitest";
import type { RouteMessage } from "#server/internal/messages.ts";
import { ActivityWatch } from "./activity.ts";
import { type Exchange, Run } from "./run.ts";

const route: RouteMessage = {
  ...{
    serverId: "1",
    runId: "run-1",
    generation: 1,
    ownerId: "a",
    ownerName: "ana",
    serverName: "",
    prefix: "/user/ana/",
  },
  ...{ originLabel: "ana", stripPrefix: false, auth: "edge", inject: null, access: [] },
  target: { kind: "unix", path: "/none" },
};

function runWith(exchange: { webSocket: boolean; bytes: number; frames: number }): Run {
  const run = new Run(route, { connectTimeoutSeconds: 1, idleTimeoutSeconds: 1 });
  const { webSocket } = exchange;
  const open: Exchange = {
    ...{ place: -1, visitor: null, webSocket, end: () => undefined },
    bytes: () => exchange.bytes,
    clientFrames: () => exchange.frames,
  };
  run.open.add(open);
  return run;
}

describe("activity as the edge sees it", () => {
  test("in a WebSocket it is what the browser says, not bytes: pings, and what the server sends, aren't", () => {
    const exchange = { webSocket: true, bytes: 0, frames: 0 };
    const run = runWith(exchange);
    const watch = new ActivityWatch();
    for (let second = 1; second <= 60; second++) {
      exchange.bytes += 1_000_000;
      watch.look([run], second * 1000);
    }
    expect(run.lastActivityMs).toBe(0);
    exchange.frames++;
    watch.look([run], 61_000);
    watch.look([run], 62_000);
    expect(run.lastActivityMs).toBe(61_000);
  });

  test("a transfer is activity for as long as it goes on; a stream that trickles isn't", () => {
    const exchange = { webSocket: false, bytes: 0, frames: 0 };
    const run = runWith(exchange);
    const watch = new ActivityWatch();
    for (let second = 1; second <= 60; second++) {
      exchange.bytes += second <= 30 ? 1000 : 100_000;
      watch.look([run], second * 1000);
      if (second === 30) expect(run.lastActivityMs).toBe(0);
    }
    expect(run.lastActivityMs).toBe(60_000);
  });

  test("F-03 what the hub didn't take is told again, what it took is not", () => {
    const run = runWith({ webSocket: false, bytes: 0, frames: 0 });
    const watch = new ActivityWatch();
    run.lastActivityMs = 5000;
    expect(watch.report([run], 6000)?.message).toMatchObject({ sentAt: 6000, servers: [{ lastActivityAt: 5000 }] });
    const again = watch.report([run], 36_000);
    expect(again?.message).toMatchObject({ sentAt: 36_000, servers: [{ lastActivityAt: 5000 }] });
    again?.taken();
    expect(watch.report([run], 66_000)).toBeNull();
  });

  test("R-07 somebody who comes back after a quiet time is news at once; somebody who works on isn't", () => {
    const run = runWith({ webSocket: false, bytes: 0, frames: 0 });
    const watch = new ActivityWatch();
    run.lastActivityMs = 1_000_000;
    expect(watch.hasComeback([run])).toBe(true);
    watch.report([run], 1_000_000)?.taken();
    run.lastActivityMs += 30_000;
    expect(watch.hasComeback([run])).toBe(false);
    run.lastActivityMs += 40_000;
    expect(watch.hasComeback([run])).toBe(true);
  });
});
