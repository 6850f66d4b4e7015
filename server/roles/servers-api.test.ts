import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { closeServer, listenOn } from "./listen.ts";
import { withServersApi } from "./servers-api.ts";

let folder: string;
const file = () => path.join(folder, "servers-api.port");
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-api-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stock = { profileList: [{ display_name: "Stock", kubespawner_override: { cmd: "jupyterhub-singleuser" } }] };
const plain = { profileList: [{ display_name: "Plain" }] };
const onlyAChoice = {
  profileList: [
    {
      display_name: "Plain",
      profile_options: {
        kind: {
          display_name: "Kind",
          choices: {
            plain: { display_name: "Plain", default: true },
            stock: { display_name: "Stock", kubespawner_override: { cmd: "jupyterhub-singleuser" } },
          },
        },
      },
    },
  ],
};
const settled = (config: object, environment: NodeJS.ProcessEnv = { NODE_ENV: "test" }) =>
  withServersApi(Config.parse(config), file(), environment).then(({ hub }) => [hub.apiUrl, hub.apiListen]);

describe("on one machine", () => {
  test("a loopback port, the same after a restart, since servers that run go by it", async () => {
    const [url, listen] = await settled({ singleuser: stock });
    const port = Number(readFileSync(file(), "utf8"));
    expect([url, listen]).toEqual([`http://127.0.0.1:${port}/hub/api`, `127.0.0.1:${port}`]);
    expect(await settled({ singleuser: stock })).toEqual([url, listen]);
    expect(await settled({ singleuser: plain }), "some of the old profile may still run").toEqual([url, listen]);
  });

  test("another one when somebody else has it by now", async () => {
    const [url] = await settled({ singleuser: stock });
    const taken = createServer();
    await listenOn(taken, { kind: "tcp", host: "127.0.0.1", port: Number(readFileSync(file(), "utf8")) });
    expect((await settled({ singleuser: stock }))[0]).not.toBe(url);
    await closeServer(taken);
  });

  test("none where no profile needs it; one choice that does is enough", async () => {
    expect(await settled({ singleuser: plain })).toEqual([undefined, undefined]);
    expect((await settled({ singleuser: onlyAChoice }))[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hub\/api$/);
  });

  test("the listener the configuration names", async () => {
    expect(await settled({ singleuser: stock, hub: { apiListen: "0.0.0.0:8081" } })).toEqual([
      "http://127.0.0.1:8081/hub/api",
      "0.0.0.0:8081",
    ]);
  });
});

describe("in a cluster", () => {
  const kubernetes = { spawner: { type: "kubernetes" }, hub: { apiListen: "0.0.0.0:8081" }, singleuser: stock };

  test("the service Kubernetes told the hub of, as a number", async () => {
    const environment = { NODE_ENV: "test" as const, HUB_SERVICE_HOST: "10.96.0.9", HUB_SERVICE_PORT: "8081" };
    expect((await settled(kubernetes, environment))[0]).toBe("http://10.96.0.9:8081/hub/api");
    const own = { ...environment, BERTH_HUB_SERVICE_HOST: "fd00::9", BERTH_HUB_SERVICE_PORT: "80" };
    expect((await settled(kubernetes, own))[0]).toBe("http://[fd00::9]:80/hub/api");
  });

  test("nowhere when there is none, and what the configuration says when it does", async () => {
    expect((await settled(kubernetes))[0]).toBeUndefined();
    const said = { ...kubernetes, hub: { apiListen: "0.0.0.0:8081", apiUrl: "http://hub.example:80/hub/api/" } };
    expect((await settled(said))[0]).toBe("http://hub.example:80/hub/api");
  });
});
