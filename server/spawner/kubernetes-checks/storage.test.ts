import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { classesJudged, stuckClaimsJudged } from "./storage.ts";

const isDefault = { "storageclass.kubernetes.io/is-default-class": "true" };
const slow = { metadata: { name: "slow" } };
const fast = { metadata: { name: "fast", annotations: isDefault } };

describe("the storage classes homes are to use", () => {
  test("are named when they are there: by name, and the cluster's default", () => {
    expect(classesJudged([slow, fast], new Set([null, "slow"]))).toMatchObject({
      ok: true,
      message: "New homes use fast, slow.",
    });
    expect(classesJudged([], new Set([""])).ok).toBe(true);
  });

  test("one that isn't there is named, with those that are, and the key to correct", () => {
    expect(classesJudged([slow, fast], new Set(["nfs"]))).toMatchObject({
      ok: false,
      message: "New homes are to use nfs, which isn't there. There are: slow, fast.",
      fix: expect.stringContaining("singleuser.storage.dynamic.storageClass"),
    });
  });

  test("without a default one has to be named, and without any there can be no home", () => {
    expect(classesJudged([slow], new Set([null]))).toMatchObject({
      ok: false,
      message: expect.stringContaining("There are: slow."),
    });
    expect(classesJudged([], new Set([null]))).toMatchObject({
      ok: false,
      message: expect.stringContaining("has none"),
    });
    expect(classesJudged([slow], new Set(["slow"])).ok).toBe(true);
  });
});

describe("claims that servers wait for", () => {
  const now = new Date("2026-01-01T12:00:00Z");
  const claim = (phase: string, ageSeconds: number): V1PersistentVolumeClaim => ({
    metadata: { name: "claim-ana", namespace: "berth", creationTimestamp: new Date(now.getTime() - ageSeconds * 1000) },
    spec: { storageClassName: "fast" },
    status: { phase },
  });

  test("are a fault once they have had time to be bound, and name no person", () => {
    expect(stuckClaimsJudged([claim("Pending", 60), claim("Bound", 9999)], now)).toBeNull();
    const stuck = stuckClaimsJudged([claim("Pending", 300)], now);
    expect(stuck).toMatchObject({ ok: false, message: expect.stringContaining("class: fast; namespace: berth") });
    expect(JSON.stringify(stuck)).not.toContain("ana");
  });
});
