import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { applyBerthAccess, type BerthAccess } from "./access.ts";
import { type ClusterApi, clusterApi } from "./api.ts";
import { waitFor } from "./processes.ts";

const namespace = "berth-pod-test";
const pods = `/api/v1/namespaces/${namespace}/pods`;
const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
const memoryLimitBytes = 512 * 1024 * 1024;
let access: BerthAccess;
let api: ClusterApi;

beforeAll(async () => {
  access = await applyBerthAccess(inject("kubeconfig"), namespace);
  api = await clusterApi(access.kubeconfig);
});
afterAll(async () => {
  await api.close();
  await access.remove();
});

const readLimit = "cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes";

function pod(name: string, script: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 100,
        fsGroup: 100,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "main",
          image: process.env.BERTH_TEST_IMAGE ?? "localhost/singleuser:1",
          imagePullPolicy: "IfNotPresent",
          command: ["sh", "-c", script],
          resources: { limits: { memory: String(memoryLimitBytes), cpu: "500m" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "home", mountPath: "/home/jovyan" }],
        },
      ],
      volumes: [{ name: "home", persistentVolumeClaim: { claimName: "home" } }],
    },
  };
}

type Pod = { status?: { phase?: string } };

/** Runs the script in a pod to its end and gives what it printed. */
async function printedBy(name: string, script: string): Promise<string> {
  expect((await api.call("POST", pods, pod(name, script))).status).toBe(201);
  let seen: Pod = {};
  await waitFor(`pod ${name} ends`, 120, async () => {
    seen = await api.get(`${pods}/${name}`);
    return seen.status?.phase === "Succeeded" || seen.status?.phase === "Failed";
  });
  const log = await api.get(`${pods}/${name}/log`);
  expect(seen.status?.phase, String(log.text)).toBe("Succeeded");
  await api.call("DELETE", `${pods}/${name}?gracePeriodSeconds=0`);
  return String(log.text).trim();
}

describe("the documented Role on this cluster", () => {
  test("is enough for a pod without privileges whose cgroup holds its limit and whose claim outlives it", async () => {
    const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const body = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "home" }, spec: claim };
    expect((await api.call("POST", claims, body)).status).toBe(201);
    const first = await printedBy("first", `${readLimit}; id -u; echo kept > /home/jovyan/file`);
    expect(first.split("\n")).toEqual([String(memoryLimitBytes), "1000"]);
    expect(await printedBy("second", "cat /home/jovyan/file")).toBe("kept");
  });
});
