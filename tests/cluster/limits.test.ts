import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { createInstallation, type Installation, smallApp } from "./installation.ts";
import { JupyterClient } from "./jupyter-client.ts";
import { heldLimits } from "./node-cgroups.ts";
import { Person } from "./person.ts";
import { bareTestAppCommand } from "./test-app.ts";

const MiB = 1024 ** 2;
let it: Installation;
let hub: Hub;

beforeAll(async () => {
  const settings = (cpu: number, memory: string) => ({
    ...{ cpu_limit: cpu, cpu_guarantee: 0.05, mem_limit: memory, mem_guarantee: "16M" },
  });
  it = await createInstallation(inject("kubeconfig"), {
    singleuser: {
      profileList: [
        {
          display_name: "Grows",
          kubespawner_override: {
            ...settings(0.5, "96M"),
            app: { ...smallApp, command: bareTestAppCommand },
          },
        },
        { display_name: "Lab", kubespawner_override: { ...settings(1.5, "512M"), app: "jupyterlab" } },
      ],
    },
  });
  hub = await it.hub();
});
afterAll(async () => await it.remove());

describe("limits on the node", () => {
  test("F-25: the container's cgroup holds what was asked for, and a main process beyond it is reported with the limit", async () => {
    const ana = await Person.create(it, hub, "ana");
    await ana.start("grows");
    const { target } = await ana.reaches("ready");
    const [pod] = await ana.pods();
    if (pod === undefined) throw new Error("no pod");
    expect(pod.spec).toMatchObject({
      containers: [
        {
          resources: {
            limits: { cpu: "500m", memory: "96Mi" },
            requests: { cpu: "50m", memory: "16Mi" },
          },
        },
      ],
    });
    expect(heldLimits(pod)).toEqual({ memoryBytes: 96 * MiB, cpus: 0.5 });
    const { host, port } = target as { host: string; port: number };
    await fetch(`http://${host}:${port}/grow`).catch(() => undefined);
    const failure = await ana.failure();
    expect(failure).toMatchObject({ reason: "out-of-memory", exitCode: 137 });
    expect(failure.publicMessage).toBe("Your server ran out of memory (limit 96 MiB).");
    expect(failure.detail).toContain("OOMKilled");
    await ana.leavesNothing();
  });

  test("F-25: a kernel that dies of memory alone leaves the server running, and is not blamed for how the server ends later", async () => {
    const ben = await Person.create(it, hub, "ben");
    await ben.start("lab");
    const row = await ben.reaches("ready", 120);
    const lab = new JupyterClient(row, "ben");
    const kernel = await lab.newKernel();
    expect(await lab.run(kernel, "6*7")).toBe("42");
    expect(await lab.run(kernel, "len(b'x' * (900 * 2**20))")).toBe("died");
    expect(await lab.run(await lab.newKernel(), "6*7")).toBe("42");
    expect(await ben.row()).toMatchObject({ phase: "ready", runId: row.runId, failure: null });
    const [pod] = await ben.pods();
    expect(pod?.status.phase).toBe("Running");
    expect((await lab.ask("POST", "/shutdown")).status).toBeLessThan(300);
    expect(await ben.failure()).toMatchObject({ reason: "crashed", exitCode: 0 });
  });
});
