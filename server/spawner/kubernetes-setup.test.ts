import { describe, expect, test } from "vitest";
import { usualRules } from "#k8s/network-policy.ts";
import { Config } from "#server/config/schema.ts";
import { settingsFrom } from "./kubernetes-setup.ts";

const portal = { pods: [], blocks: ["192.0.2.7/32"] };
const settingsOf = (kubernetes: object, hub: object = {}, singleuser: object = {}) =>
  settingsFrom(Config.parse({ hub, singleuser, spawner: { type: "kubernetes", kubernetes } }), portal, "berth");

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

  test("the defaults of singleuser.networkPolicy are the builder's own", () => {
    expect(settingsOf({}).isolation.rules).toEqual(usualRules);
  });

  test("every key of singleuser.networkPolicy and cloudMetadata arrives", () => {
    const ingress = [{ from: [{ podSelector: { matchLabels: { app: "licence" } } }], ports: [{ port: 8888 }] }];
    const egress = [{ to: [{ ipBlock: { cidr: "10.1.2.3/32" } }] }];
    const networkPolicy = {
      enabled: false,
      ingress,
      egress,
      egressAllowRules: {
        cloudMetadataServer: true,
        dnsPortsCloudMetadataServer: false,
        dnsPortsKubeSystemNamespace: false,
        dnsPortsPrivateIPs: false,
        nonPrivateIPs: false,
        privateIPs: true,
      },
      interNamespaceAccessLabels: "accept",
      allowedIngressPorts: [8000, "metrics"],
    };
    const { rules } = settingsOf({}, {}, { networkPolicy, cloudMetadata: { ip: "203.0.113.9" } }).isolation;
    expect(rules).toEqual({
      enabled: false,
      internet: false,
      privateAddresses: true,
      metadata: { ip: "203.0.113.9", reachable: true, dns: false },
      dns: { kubeSystem: false, privateAddresses: false },
      ingress,
      egress,
      openPorts: [8000, "metrics"],
      labelledPods: true,
    });
  });

  test.each<[object, string]>([
    [{ ingress: [{ form: [] }] }, "a misspelt key, which Kubernetes would drop and let everybody in"],
    [{ ingress: [{ from: [] }] }, "an empty list of sources, which is everybody"],
    [{ egress: [{ from: [{ podSelector: {} }] }] }, "a key of the other direction"],
  ])("a rule with %j is refused: %s", (networkPolicy, _why) => {
    expect(Config.safeParse({ singleuser: { networkPolicy } }).success).toBe(false);
  });

  test("pull secrets are copied from the configured namespace, else from Berth's own", () => {
    const image = { pullSecrets: ["registry", { name: "other" }] };
    expect(settingsOf({}, {}, { image }).pullSecrets).toEqual({ names: ["registry", "other"], from: "berth" });
    expect(settingsOf({ namespace: "portal" }).pullSecrets.from).toBe("portal");
    const profileList = [{ display_name: "A", kubespawner_override: { image_pull_secrets: [{ name: "course" }] } }];
    expect(settingsOf({}, {}, { image, profileList }).pullSecrets.names).toEqual(["registry", "other", "course"]);
  });

  test("every kind of graphics card that some profile asks for counts", () => {
    const profileList = [
      { display_name: "AMD", kubespawner_override: { extra_resource_limits: { "amd.com/gpu": "1" } } },
    ];
    expect(settingsOf({}, {}, { profileList }).gpuResources).toEqual(["amd.com/gpu", "nvidia.com/gpu"]);
  });
});
