import { describe, expect, test } from "vitest";
import { simplestOrder } from "./example-orders.ts";
import type { HomeShape } from "./pod-shape.ts";
import { homeClaimFor } from "./volume-claim.ts";

const home: HomeShape = {
  ...simplestOrder.spec.home,
  storageClass: "fast",
  accessModes: ["ReadWriteOncePod"],
  selector: { matchLabels: { pool: "homes" } },
  labels: { backup: "daily", "berth.dev/home": "another" },
  annotations: { note: "keep" },
};
const order = { ...simplestOrder, name: "claim-ana", homeId: "home-1", home };
const claim = homeClaimFor(order);

/** The claim's fields of a home; the pod's are in pod.test.ts. */
type HomeInClaim = Exclude<keyof HomeShape, "kind" | "volumeName" | "mountPath" | "staticClaim">;
const asserts: Record<HomeInClaim, () => void> = {
  capacityBytes: () => expect(claim.spec?.resources?.requests).toEqual({ storage: "10Gi" }),
  storageClass: () => expect(claim.spec?.storageClassName).toBe("fast"),
  accessModes: () => expect(claim.spec?.accessModes).toEqual(["ReadWriteOncePod"]),
  selector: () => expect(claim.spec?.selector).toEqual({ matchLabels: { pool: "homes" } }),
  labels: () => expect(claim.metadata?.labels).toMatchObject({ backup: "daily" }),
  annotations: () => expect(claim.metadata?.annotations).toMatchObject({ note: "keep" }),
};

describe("a home's claim", () => {
  test("asks for no more than it must", () => {
    expect(homeClaimFor({ ...order, home: simplestOrder.spec.home })).toEqual({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name: "claim-ana",
        namespace: "berth",
        labels: {
          "app.kubernetes.io/managed-by": "berth",
          "app.kubernetes.io/component": "singleuser-storage",
          component: "singleuser-storage",
          "berth.dev/installation": "inst-1",
          "berth.dev/home": "home-1",
          "hub.jupyter.org/username": "ana",
          "hub.jupyter.org/servername": "",
        },
        annotations: { "hub.jupyter.org/username": "ana" },
      },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
    });
  });

  test.each(Object.entries(asserts))("takes the home's %s", (_, assertion) => assertion());

  test("an empty storage class is kept: it means a volume made by hand", () => {
    expect(homeClaimFor({ ...order, home: { ...home, storageClass: "" } }).spec?.storageClassName).toBe("");
  });

  test("no label of the configuration can make it another's, and nothing that goes takes it along", () => {
    expect(claim.metadata?.labels?.["berth.dev/home"]).toBe("home-1");
    expect(claim.metadata?.ownerReferences).toBeUndefined();
  });
});
