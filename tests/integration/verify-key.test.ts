import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { createInternalListener, roleByKey } from "#server/internal/listener.ts";
import { createLog } from "#server/log.ts";
import { homePaths } from "#server/roles/home.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { obtainVerifyKey } from "#server/roles/verify-key.ts";
import { type HubUnderTest, hubKeys, startTestHub } from "#tests/fakes/hub-under-test.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-verify-"));
const keys = { edge: "edge-key", web: "web-key" };
let under: HubUnderTest;

beforeAll(async () => {
  under = await startTestHub();
});
afterAll(async () => {
  await under.stop();
  rmSync(folder, { recursive: true });
});

const asking = (port: number, roleKey: string, signal?: AbortSignal) =>
  obtainVerifyKey({
    config: Config.parse({ hub: { connectUrl: `http://127.0.0.1:${port}` } }),
    paths: homePaths(folder),
    log: createLog("test", "silent"),
    roleKey,
    ...(signal === undefined ? {} : { signal }),
  });

test("an edge or a web far from its hub asks it for the key, waits for it, and without its own key gets none", async () => {
  const reserved = createInternalListener(under.hub, roleByKey(keys));
  await listenOn(reserved, { kind: "tcp", host: "127.0.0.1", port: 0 });
  const { port } = reserved.address() as AddressInfo;
  await closeServer(reserved);
  const early = asking(port, keys.web);
  const listener = createInternalListener(under.hub, roleByKey(keys));
  await listenOn(listener, { kind: "tcp", host: "127.0.0.1", port });
  try {
    for (const { pem, key } of [await early, await asking(port, keys.edge)]) {
      expect(pem).toBe(hubKeys.publicKey.export({ type: "spki", format: "pem" }));
      expect(key.type).toBe("public");
    }
    await expect(asking(port, "guessed", AbortSignal.timeout(300))).rejects.toThrow();
  } finally {
    await closeServer(listener);
  }
});
