import { describe, expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { settingsFrom } from "./kubernetes-setup.ts";

const portal = { pods: [], blocks: ["192.0.2.7/32"] };
const settingsOf = (kubernetes: object, hub: object = {}) =>
  settingsFrom(Config.parse({ hub, spawner: { type: "kubernetes", kubernetes } }), portal);

describe("the settings of the Kubernetes backend", () => {
  test("one namespace is watched alone, and never made", () => {
    expect(settingsOf({ namespace: "servers" })).toMatchObject({
      scope: { kind: "namespace", namespace: "servers" },
      makeNamespaces: null,
      autoscaling: true,
    });
  });

  test("a namespace each is watched across the cluster, and made closed", () => {
    expect(settingsOf({ namespaceTemplate: "berth-{username}", autoscaling: false })).toMatchObject({
      scope: { kind: "cluster" },
      makeNamespaces: "restricted",
      autoscaling: false,
    });
  });

  test("only the portal may enter a server; the hub's API is open to servers where it listens for them", () => {
    expect(settingsOf({}).isolation).toMatchObject({ mayEnter: portal, hubApi: null });
    expect(settingsOf({}, { apiListen: "0.0.0.0:8081" }).isolation.hubApi).toEqual({ ...portal, port: 8081 });
  });
});
