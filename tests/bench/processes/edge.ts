import { createPublicKey } from "node:crypto";
import { pino } from "pino";
import { systemClock } from "#server/clock.ts";
import { createEdge } from "#server/edge/edge.ts";
import { answer, settings } from "../child-side.ts";

export type EdgeSettings = {
  readonly publicUrl: string;
  readonly verifyKeyPem: string;
  readonly hubSocket: string;
};

/** Berth's edge as `berth serve --role edge` makes it, told where its hub is. */
const { publicUrl, verifyKeyPem, hubSocket } = settings<EdgeSettings>();
const nowhere = { kind: "unix", path: `${hubSocket}.none` } as const;
const edge = createEdge({
  listen: { host: "127.0.0.1", port: 0 },
  publicUrl: new URL(publicUrl),
  subdomainHost: null,
  trustedProxies: [],
  verifyKeys: [createPublicKey(verifyKeyPem)],
  hubApi: nowhere,
  web: nowhere,
  internal: { target: { kind: "unix", path: hubSocket }, key: null },
  offlineSeconds: 600,
  staleRoutes: "serve",
  connectTimeoutSeconds: 5,
  idleTimeoutSeconds: 600,
  clock: systemClock,
  log: pino({ level: "warn" }),
});
const { port } = await edge.listen();
while (!edge.ready()) await systemClock.sleep(5);
process.once("SIGTERM", () => void edge.close(0).then(() => process.exit(0)));
answer({ port });
