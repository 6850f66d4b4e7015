import { describe, expect, test } from "vitest";
import { isCounted, type QuotaAmounts, resourceQuotaFor, sameAmounts } from "./resource-quota.ts";

const quotaOf = (amounts: QuotaAmounts, sharedVolumeBytes: number | null = null) =>
  resourceQuotaFor({
    namespace: "berth-physics",
    installationId: "inst-1",
    amounts,
    gpuResources: ["amd.com/gpu", "nvidia.com/gpu"],
    sharedVolumeBytes,
  });

describe("a group's quota in Kubernetes", () => {
  test("says each amount in Kubernetes' own words, and nothing that the group has no rule for", () => {
    const all = {
      cpuRequestMillicores: 1500,
      cpuLimitMillicores: 16_000,
      memoryRequestBytes: 1536 * 2 ** 20,
      memoryLimitBytes: 64 * 2 ** 30,
      gpus: 3,
      storageBytes: 2 ** 40,
      servers: 8,
      homes: 20,
    };
    expect(quotaOf(all).spec?.hard).toEqual({
      "requests.cpu": "1500m",
      "limits.cpu": "16",
      "requests.memory": "1536Mi",
      "limits.memory": "64Gi",
      "requests.amd.com/gpu": "3",
      "requests.nvidia.com/gpu": "3",
      "requests.storage": "1Ti",
      pods: "8",
      persistentvolumeclaims: "20",
    });
    expect(quotaOf({}).spec?.hard).toEqual({});
    expect(quotaOf({ servers: 0 }).spec?.hard).toEqual({ pods: "0" });
  });

  test("leaves room for the group's shared volume, where homes and storage have a limit at all", () => {
    expect(quotaOf({ homes: 2, storageBytes: 2 ** 30 }, 2 ** 30).spec?.hard).toEqual({
      persistentvolumeclaims: "3",
      "requests.storage": "2Gi",
    });
    expect(quotaOf({ servers: 1 }, 2 ** 30).spec?.hard).toEqual({ pods: "1" });
  });

  test.each([
    [{ cpu: "2000m", memory: "1Gi" }, { memory: "1024Mi", cpu: "2" }, true],
    [{ pods: "8" }, { pods: "9" }, false],
    [{ pods: "8" }, { pods: "8", cpu: "1" }, false],
    [{ pods: "8", cpu: "1" }, { pods: "8", memory: "1" }, false],
    [undefined, {}, true],
  ])("%j and %j say the same: %s", (a, b, same) => {
    expect([sameAmounts(a, b), sameAmounts(b, a)]).toEqual([same, same]);
  });

  test("is counted when the cluster repeats exactly what it says, and not while it repeats the old", () => {
    const quota = quotaOf({ servers: 8, cpuLimitMillicores: 2000 });
    expect(isCounted(quota)).toBe(false);
    expect(isCounted({ ...quota, status: { hard: { pods: "8", "limits.cpu": "2" } } })).toBe(false);
    expect(isCounted({ ...quota, status: { hard: { pods: "8", "limits.cpu": "2" }, used: { pods: "0" } } })).toBe(true);
    expect(isCounted({ ...quota, status: { hard: { pods: "4", "limits.cpu": "2" }, used: { pods: "0" } } })).toBe(
      false,
    );
    expect(isCounted(quotaOf({}))).toBe(true);
  });
});
