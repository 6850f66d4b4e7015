import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { checkHub } from "#server/checks.ts";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import type { Hub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { serversPlan } from "#server/servers/servers-plan.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";
import type { HealthCheck } from "#server/spawner/spawner.ts";
import { roleFile } from "./access.ts";
import { createInstallation, type Installation, listed } from "./installation.ts";

let it: Installation;
let hub: Hub;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"));
  hub = await it.hub();
});
afterAll(async () => await it.remove());

const checks = () => checkHub(hub, hub.systemContext("test"));
const named = async (name: string) => (await checks()).find((check) => check.name === name);
const faults = async () => (await checks()).filter(({ ok }) => !ok);
/** What the API server has heard of a change a moment later. */
const soon = { timeout: 10_000, interval: 200 };

describe("doctor on a real cluster", () => {
  test("S-73: with the documented Role and nothing else, every check is well, and what isn't Berth's to see is no fault", async () => {
    await expect.poll(faults, soon).toEqual([]);
    const found = new Map((await checks()).map(({ name, message }) => [name, message]));
    expect(Object.fromEntries(found)).toMatchObject({
      "Kubernetes API": expect.stringMatching(/version v1\./),
      "Kubernetes permissions": "All that is needed is allowed.",
      "Kubernetes account": expect.stringMatching(/^May do no more/),
      "Storage class": expect.stringMatching(/^Not checked: Berth's role may not list storage classes/),
      "Default profile": expect.stringMatching(/^The cluster would take a server of it/),
      "Images on machines": expect.stringMatching(/^Not checked: Berth's role may not list nodes/),
    });
    expect([await listed(it, "pods"), await listed(it, "persistentvolumeclaims")], "left by the dry run").toEqual([
      [],
      [],
    ]);
  });

  test("S-73: one verb taken out of the Role is named, with the command that gives it back", async () => {
    const role = roleFile("role");
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${it.namespace}/roles/${role.metadata.name}`;
    const rules = role.rules.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => !(rule.resources.includes("persistentvolumeclaims") && verb === "watch")),
    }));
    await it.api.apply(path, { ...role, rules });
    const lacking: HealthCheck = {
      name: "Kubernetes permissions",
      ok: false,
      message: `Not allowed in ${it.namespace}: watch persistentvolumeclaims.`,
      fix: `Run \`helm upgrade\` again, or without the chart: kubectl --namespace ${it.namespace} apply --filename k8s/rbac/role.yaml`,
    };
    await expect.poll(() => named("Kubernetes permissions"), soon).toEqual(lacking);
    await it.api.apply(path, role);
    await expect.poll(() => named("Kubernetes permissions"), soon).toMatchObject({ ok: true });
  });

  test("somebody else's quota and limit range that leave no room for the default profile are found, in the API server's words", async () => {
    const metadata = { name: "team", namespace: it.namespace };
    const trouble = [
      {
        kind: "ResourceQuota",
        plural: "resourcequotas",
        spec: { hard: { "limits.memory": "64Mi" } },
        said: /exceeded quota: team/,
      },
      {
        kind: "LimitRange",
        plural: "limitranges",
        spec: { limits: [{ type: "Container", max: { memory: "64Mi" } }] },
        said: /maximum memory usage per Container is 64Mi/,
      },
    ];
    for (const { kind, plural, spec, said } of trouble) {
      const path = `/api/v1/namespaces/${it.namespace}/${plural}/team`;
      await it.api.apply(path, { apiVersion: "v1", kind, metadata, spec });
      await expect
        .poll(() => named("Default profile"), soon)
        .toMatchObject({ ok: false, message: expect.stringMatching(said) });
      await it.api.call("DELETE", path);
      await expect.poll(() => named("Default profile"), soon).toMatchObject({ ok: true });
    }
  });

  test("an admin's account is said to do everything; with it storage classes and machines can be looked at", async () => {
    const config = Config.parse(it.config);
    const kubernetes = { ...config.spawner.kubernetes, kubeconfig: inject("kubeconfig") };
    const admins = await createKubernetesSpawnerFrom({
      config: { now: { ...config, spawner: { ...config.spawner, kubernetes } } },
      installationId: it.installationId,
      clock: systemClock,
      log: createLog("test", "silent"),
    });
    const { checks } = await admins.health(await serversPlan(it.database.db, config));
    await admins.disconnect?.();
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([
      { name: "Kubernetes account", message: "May do far more than Berth needs: do everything, as cluster-admin." },
    ]);
    expect(checks.find(({ name }) => name === "Storage class")?.message).toMatch(/^New homes use /);
    expect(checks.find(({ name }) => name === "Images on machines")?.message).toMatch(/machines/);
  });
});
