import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { createInstallation, type Installation } from "./installation.ts";
import { Person } from "./person.ts";

const settings = "/etc/jupyter/jupyter_server_config.json";
/** Says who runs it, which only works for one who may run it, and whether that one may write. */
const script = [
  "#!/bin/sh",
  "id -u",
  "stat -L -c %a /etc/jupyter/secret.txt",
  `[ -w ${settings} ] && echo writable || echo read-only`,
  "",
].join("\n");
let it: Installation;
let hub: Hub;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    singleuser: {
      extraFiles: {
        settings: { mountPath: settings, data: { MappingKernelManager: { cull_idle_timeout: 1200 } } },
        script: { mountPath: "/usr/local/bin/look-around", stringData: script, mode: "0755" },
        bytes: { mountPath: "/etc/jupyter/secret.txt", binaryData: "AP8C/w==", mode: "0400" },
      },
      app: {
        command: [
          "sh",
          "-c",
          'look-around > /tmp/seen; exec tini -- python3 -m http.server --directory / "$0"',
          "{port}",
        ],
        keepImageEntrypoint: false,
      },
    },
  });
  hub = await it.hub();
});
afterAll(async () => await it.remove());

test("a server finds the files of singleuser.extraFiles in place, as its own user reads and runs them, and can't change them", async () => {
  const ana = await Person.create(it, hub, "ana");
  await ana.start();
  const { target } = await ana.reaches("ready");
  const { host, port } = target as { host: string; port: number };
  const read = async (path: string) => Buffer.from(await (await fetch(`http://${host}:${port}${path}`)).arrayBuffer());
  expect(JSON.parse((await read(settings)).toString())).toEqual({ MappingKernelManager: { cull_idle_timeout: 1200 } });
  expect([...(await read("/etc/jupyter/secret.txt"))]).toEqual([0, 255, 2, 255]);
  // Kubernetes lets the pod's group read what is mounted, whatever the mode.
  expect((await read("/tmp/seen")).toString()).toBe("1000\n440\nread-only\n");
});
