import { describe, expect, test } from "vitest";
import { fullestOrder, simplestOrder, withPod } from "./example-orders.ts";
import { podFor } from "./pod.ts";
import { secretFor, secretKey, secretNameFor } from "./secret.ts";

describe("S-19: a server's secret", () => {
  const order = { ...simplestOrder, podUid: "uid-1", secret: "s3cret-välue" };

  test("lives in a Secret that goes when its pod goes", () => {
    expect(secretFor(order)).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      immutable: true,
      metadata: {
        name: "jupyter-ana-3",
        namespace: "berth",
        labels: podFor(simplestOrder).metadata?.labels,
        annotations: { "hub.jupyter.org/username": "ana" },
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "jupyter-ana", uid: "uid-1", controller: false }],
      },
      data: { secret: "czNjcmV0LXbDpGx1ZQ==" },
    });
  });

  test("is the one the pod asks for", () => {
    const secret = secretFor(order);
    const env = podFor(simplestOrder).spec?.containers[0]?.env;
    expect(env).toContainEqual({
      name: "JUPYTER_TOKEN",
      valueFrom: { secretKeyRef: { name: secret.metadata?.name, key: secretKey } },
    });
    expect(Object.keys(secret.data ?? {})).toEqual([secretKey]);
  });

  test("is a file the server's group alone may read, where the app reads a file", () => {
    const volumeOf = (pod: ReturnType<typeof podFor>) => pod.spec?.volumes?.find(({ name }) => name === "berth-secret");
    expect(volumeOf(podFor(fullestOrder))?.secret).toEqual({ secretName: fullestOrder.secretName, defaultMode: 0o440 });
    // Without a group the kubelet leaves the file to root, and a server that isn't root couldn't read 0440.
    expect(volumeOf(podFor(withPod(fullestOrder, { fsGroup: null })))?.secret?.defaultMode).toBe(0o444);
    const env = podFor(fullestOrder).spec?.containers[0]?.env ?? [];
    expect(env.filter(({ valueFrom }) => valueFrom?.secretKeyRef?.name === fullestOrder.secretName)).toEqual([]);
  });

  test("isn't mounted for a program that takes none", () => {
    const app = { ...simplestOrder.spec.app, secretVariable: null };
    const pod = podFor({ ...simplestOrder, spec: { ...simplestOrder.spec, app } });
    expect(JSON.stringify(pod)).not.toContain(simplestOrder.secretName);
  });

  test("has a name of its own at every start, and never another server's", () => {
    expect(secretNameFor("jupyter-ana", 12)).toBe("jupyter-ana-12");
    expect(secretNameFor("jupyter-ana-1", 2)).not.toBe(secretNameFor("jupyter-ana", 12));
  });
});
