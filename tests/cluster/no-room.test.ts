import { afterEach, describe, expect, inject, test } from "vitest";
import { createInstallation, type Installation, listed } from "./installation.ts";
import { Person } from "./person.ts";

let it: Installation;

afterEach(async () => await it.remove());

describe("no room", () => {
  test("F-26: without autoscaling, a server no machine can ever hold fails at once, and leaves nothing", async () => {
    it = await createInstallation(inject("kubeconfig"), {
      kubernetes: { autoscaling: false },
      singleuser: { cpu: { limit: 512, guarantee: 512 } },
    });
    const person = await Person.create(it, await it.hub(), "ana");
    await person.start();
    const failure = await person.failure();
    expect(failure.reason).toBe("unschedulable");
    expect(failure.publicMessage).toMatch(/^No machine of this cluster can hold this server\./);
    expect(failure.detail).toContain("Insufficient cpu");
    await person.leavesNothing();
  });

  test("F-21: a quota's refusal is one sentence and no storm of tries; the server starts once there is room", async () => {
    it = await createInstallation(inject("kubeconfig"));
    await it.api.apply(`/api/v1/namespaces/${it.namespace}/resourcequotas/few`, {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "few" },
      spec: { hard: { pods: "1", "limits.memory": "1Gi" } },
    });
    const refused: string[] = [];
    const hub = await it.hub({
      onRequest: (verb, kind, status) => {
        if (status === 403) refused.push(`${verb} ${kind}`);
      },
    });
    const [ana, ben] = [await Person.create(it, hub, "ana"), await Person.create(it, hub, "ben")];
    await ana.start();
    await ana.reaches("ready");
    // The first pods of a new quota may be refused because it wasn't counted yet.
    refused.length = 0;
    await ben.start();
    const failure = await ben.failure();
    expect(failure.reason).toBe("quota");
    expect(failure.publicMessage).toBe(
      "The quota here is used up: 1 of 1 servers in use, this server needs 1. Stop another server, or choose a smaller profile.",
    );
    expect(refused).toEqual(["create pods"]);
    expect(await ben.leftovers()).toEqual([]);
    expect(await listed(it, "pods")).toHaveLength(1);
    await ana.stop();
    await ana.reaches("stopped");
    await ben.start();
    await ben.reaches("ready");
  });
});
