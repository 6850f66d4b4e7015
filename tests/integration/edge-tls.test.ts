import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createApiListener } from "#server/api/listener.ts";
import { parseAddress } from "#server/internal/hub-address.ts";
import { createInternalListener, roleByKey } from "#server/internal/listener.ts";
import { createLog } from "#server/log.ts";
import { Metrics } from "#server/metrics.ts";
import { readCertificate } from "#server/roles/certificates.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { version } from "#server/version.ts";
import { askLoginOptions } from "#server/web/ask-hub.ts";
import { readWebEnvironment } from "#server/web/environment.ts";
import { setWebSettings } from "#server/web/settings.ts";
import { ask, routeTo, startRig, until } from "#tests/edge-rig.ts";
import { type HubUnderTest, startTestHub } from "#tests/fakes/hub-under-test.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-tls-"));
const at = (name: string) => path.join(folder, name);
const pem = (name: string) => readFileSync(at(name), "utf8");
const closers: (() => Promise<void>)[] = [];
let hub: HubUnderTest;
let internalUrl: string;
let apiUrl: string;

/** A certificate of its own authority for this machine's loopback names. */
function certify(name: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at(`${name}.key`)];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, "-out", at(`${name}.crt`), ...names], {
    stdio: "ignore",
  });
}

beforeAll(async () => {
  for (const name of ["hub", "other"]) certify(name);
  hub = await startTestHub();
  const certificate = readCertificate({ certFile: at("hub.crt"), keyFile: at("hub.key") });
  const metrics = new Metrics();
  const internal = createInternalListener(
    hub.hub,
    roleByKey({ edge: "e".repeat(32), web: "w".repeat(32) }),
    certificate,
  );
  const api = createApiListener(hub.hub, metrics, { trustedSocket: false, certificate });
  const [internalPort, apiPort] = [await freePort(), await freePort()];
  await listenOn(internal, { kind: "tcp", host: "127.0.0.1", port: internalPort });
  await listenOn(api, { kind: "tcp", host: "127.0.0.1", port: apiPort });
  [internalUrl, apiUrl] = [`https://127.0.0.1:${internalPort}`, `https://localhost:${apiPort}`];
  closers.push(async () => {
    metrics.stop();
    await Promise.all([closeServer(internal), closeServer(api)]);
    await hub.stop();
  });
});
afterAll(async () => {
  for (const close of closers) await close();
  rmSync(folder, { recursive: true, force: true });
});

describe("an edge on another machine than its hub", () => {
  const rigs: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
  });
  const reasons: string[] = [];
  const log = createLog("test", "silent");
  log.warn = (about: { reason?: string }) => void reasons.push(about.reason ?? "");
  const edgeTrusting = async (ca: string | null) => {
    reasons.length = 0;
    const rig = await startRig({
      startCutOff: true,
      log,
      internal: { target: parseAddress(internalUrl, ca), key: "e".repeat(32) },
      hubApi: parseAddress(apiUrl, ca),
    });
    rigs.push(rig);
    return rig;
  };

  test("gets its stream and forwards to the hub's API over TLS", async () => {
    const rig = await edgeTrusting(pem("hub.crt"));
    await until(() => rig.edge.ready());
    expect(hub.hub.callers.edges, "the hub knows its edge, and of which version it is").toEqual([version]);
    const live = await ask(rig.port, "/hub/live", { host: rig.host });
    expect([live.status, JSON.parse(live.body)]).toEqual([200, { status: "ok" }]);
    // Asked over the internal listener as well: an unknown token is nobody's.
    const token = `Authorization: token berth_${"x".repeat(38)}`;
    expect((await ask(rig.port, "/user/ana/api", { host: rig.host, headers: [token] })).status).toBe(403);
    for (const one of rigs.splice(0)) await one.close();
    await until(() => hub.hub.callers.edges.length === 0);
  });

  test.each([
    ["another authority's", () => pem("other.crt")],
    ["no authority of ours", () => null],
  ])("believes no hub that proves itself by %s certificate", async (_name, ca) => {
    const rig = await edgeTrusting(ca());
    expect((await ask(rig.port, "/hub/live", { host: rig.host })).status).toBe(503);
    expect((await ask(rig.port, "/user/ana/api", { host: rig.host })).status).toBe(503);
    await until(() => reasons.some((reason) => /self-signed certificate|unable to verify/.test(reason)));
    expect(rig.edge.ready()).toBe(false);
  });

  test("still reaches people's servers without TLS", async () => {
    const rig = await startRig();
    rigs.push(rig);
    const target = await rig.serve((_request, response) => response.end("plain"));
    rig.hub.send({ type: "route", route: routeTo(target) });
    const cookie = `Cookie: ${await rig.cookieOf("ana")}`;
    await until(
      async () => (await ask(rig.port, "/user/ana/api", { host: rig.host, headers: [cookie] })).body === "plain",
    );
  });
});

describe("a web on another machine than its hub", () => {
  const environment = (ca: string) => ({
    BERTH_WEB_LISTEN: "127.0.0.1:1",
    BERTH_WEB_INTERNAL: internalUrl,
    BERTH_WEB_INTERNAL_KEY: "w".repeat(32),
    BERTH_WEB_HUB_API: apiUrl,
    BERTH_WEB_HUB_CA: ca,
    BERTH_WEB_PUBLIC_URL: "https://portal.test",
    BERTH_WEB_VERIFY_KEY: "none",
    BERTH_WEB_SECRET: "s".repeat(32),
  });

  test("asks it over TLS, when the certificate is one it trusts", async () => {
    setWebSettings(readWebEnvironment(environment(pem("hub.crt"))).settings);
    expect((await askLoginOptions()).local).toBe(true);
    expect(hub.hub.callers.web?.version).toBe(version);
  });
});

describe("the hub's certificate", () => {
  test("must be readable and go with its key, or the start ends with a sentence", () => {
    expect(() => readCertificate({ certFile: at("hub.crt"), keyFile: at("other.key") })).toThrow(/is not the key of/);
    expect(() => readCertificate({ certFile: at("hub.key"), keyFile: at("hub.crt") })).toThrow(/is no PEM file/);
    expect(() => readCertificate({ certFile: at("gone.crt"), keyFile: at("hub.key") })).toThrow(/can't be read/);
  });
});
