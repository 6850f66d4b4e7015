import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { restartServer } from "#server/servers/restart.ts";
import { createInstallation, type Installation, listed } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

const counting = [
  'n=$(cat starts 2>/dev/null || echo 0); echo $((n + 1)) > starts; exec tini -- python3 -m http.server "$0"',
];
let it: Installation;
let hub: Hub;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    singleuser: {
      app: {
        command: ["sh", "-c", ...counting, "{port}"],
        keepImageEntrypoint: false,
        workingDirectory: "/home/jovyan",
      },
    },
  });
  hub = await it.hub();
});
afterAll(async () => await it.remove());

/** What the program in the server wrote to its home, once for every start. */
async function startsWritten(person: Person): Promise<string> {
  const { target } = await person.row();
  const { host, port } = target as { host: string; port: number };
  return (await (await fetch(`http://${host}:${port}/starts`)).text()).trim();
}

test("a home keeps its claim, by UID, and its files through ten stops and starts and a restart", async () => {
  const ana = await Person.create(it, hub, "ana");
  const uids = new Set<string>();
  for (let start = 1; start <= 10; start++) {
    await ana.start();
    await ana.reaches("ready");
    expect(await startsWritten(ana)).toBe(String(start));
    for (const { metadata } of await listed(it, "persistentvolumeclaims")) uids.add(metadata.uid);
    await ana.stop();
    await ana.reaches("stopped");
    expect(await ana.pods()).toEqual([]);
  }
  await ana.start();
  const before = await ana.reaches("ready");
  await restartServer(hub.systemContext("test"), { user: "ana" });
  const after = await ana.until("a new run", ({ phase, runId }) => phase === "ready" && runId !== before.runId);
  expect(after.generation).toBe(before.generation + 1);
  expect(await startsWritten(ana)).toBe("12");
  for (const { metadata } of await listed(it, "persistentvolumeclaims")) uids.add(metadata.uid);
  expect([...uids]).toHaveLength(1);
});

test("F-23: a home that was used and is gone is said to be missing; no empty one is made in its place", async () => {
  const ben = await Person.create(it, hub, "ben");
  await ben.start();
  await ben.reaches("ready");
  await ben.stop();
  await ben.reaches("stopped");
  const claims = `/api/v1/namespaces/${it.namespace}/persistentvolumeclaims`;
  await it.api.call("DELETE", `${claims}/claim-ben`);
  await waitFor("the claim is gone", 30, async () => (await it.api.call("GET", `${claims}/claim-ben`)).status === 404);
  await ben.start();
  expect((await ben.failure()).reason).toBe("storage-missing");
  expect((await it.api.call("GET", `${claims}/claim-ben`)).status).toBe(404);
  await ben.leavesNothing();
});
