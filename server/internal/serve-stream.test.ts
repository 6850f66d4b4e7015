import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { serveStream } from "./serve-stream.ts";

test("an edge that goes while its snapshot is read is forgotten all the same", async () => {
  const response = Object.assign(new EventEmitter(), {
    destroyed: false,
    socket: null,
    writableLength: 0,
    writeHead: () => response,
    write: () => true,
    destroy: () => response,
  });
  const begun = Promise.withResolvers<void>();
  let subscribers = 1;
  const stream = {
    subscribe: async () => {
      await begun.promise;
      return () => {
        subscribers -= 1;
      };
    },
    lookAtView: async () => undefined,
    ping: () => ({ type: "ping" as const, revision: 1 }),
  };
  const serving = serveStream({ stream }, response);
  response.destroyed = true;
  response.emit("close");
  begun.resolve();
  await serving;
  expect(subscribers).toBe(0);
});
