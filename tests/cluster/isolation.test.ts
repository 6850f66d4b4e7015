import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { fullestOrder, simplestOrder, withPod } from "#k8s/example-orders.ts";
import { podFor } from "#k8s/pod.ts";
import type { Hub } from "#server/hub.ts";
import type { Target } from "#server/spawner/spawner.ts";
import { type ClusterApi, clusterApi } from "./api.ts";
import { createInstallation, type Installation, smallApp, testImage } from "./installation.ts";
import { Person } from "./person.ts";

const restricted = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/enforce-version": "latest",
};
let it: Installation;
let hub: Hub;
let people: readonly Person[];
/** With the rights that Berth has. */
let berth: ClusterApi;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    namespaceLabels: restricted,
    singleuser: {
      profileList: [
        { display_name: "Small", kubespawner_override: { app: smallApp } },
        {
          display_name: "More",
          kubespawner_override: {
            init_containers: [{ name: "prepare", image: testImage, command: ["true"] }],
          },
        },
        { display_name: "Root", kubespawner_override: { uid: 0, allow_privilege_escalation: true } },
      ],
    },
  });
  hub = await it.hub();
  people = await Promise.all(["ana", "ben", "root"].map((name) => Person.create(it, hub, name)));
  berth = await clusterApi(it.kubeconfig);
});
afterAll(async () => {
  await berth.close();
  await it.remove();
});

function person(name: string): Person {
  const found = people.find((one) => one.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

describe("servers in a namespace that admits only restricted pods", () => {
  test("S-45, S-73: start, also with init containers, and hold no account's token", async () => {
    await Promise.all([person("ana").start("small"), person("ben").start("more")]);
    for (const one of [person("ana"), person("ben")]) {
      const { target } = await one.reaches("ready");
      const [pod] = await one.pods();
      expect(pod?.spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        restartPolicy: "Never",
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            securityContext: {
              allowPrivilegeEscalation: false,
              runAsNonRoot: true,
              capabilities: { drop: ["ALL"] },
              seccompProfile: { type: "RuntimeDefault" },
            },
          },
        ],
      });
      for (const key of ["hostNetwork", "hostPID", "hostIPC"]) expect(pod?.spec).not.toHaveProperty(key);
      const volumes = (pod?.spec.volumes ?? []) as object[];
      expect(volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== "name"))).toEqual([
        "persistentVolumeClaim",
      ]);
      const { host, port } = target as Extract<Target, { kind: "tcp" }>;
      expect((await fetch(`http://${host}:${port}/accounts`)).status).toBe(404);
    }
  });

  test("S-45: what asks for more than that is refused in a sentence, with Kubernetes' own words for the admin", async () => {
    await person("root").start("root");
    const failure = await person("root").failure();
    expect(failure.reason).toBe("rejected");
    expect(failure.publicMessage).toMatch(/^The cluster's security rules don't allow this profile\./);
    expect(failure.detail).toContain('violates PodSecurity "restricted:latest"');
    await person("root").leavesNothing();
  });

  test.each([
    ["simplest", simplestOrder],
    // What it refers to beyond itself isn't here; its class, its account and its login for images aren't about security.
    ["fullest", withPod(fullestOrder, { priorityClassName: null, serviceAccount: null, imagePullSecrets: [] })],
  ])("S-45: the %s of the golden pods is admitted there", async (_which, order) => {
    const pod = podFor({ ...order, namespace: it.namespace, objectName: "golden" });
    const pods = `/api/v1/namespaces/${it.namespace}/pods?dryRun=All`;
    const { status, body } = await it.api.call("POST", pods, pod);
    expect({ status, body }).toMatchObject({ status: 201 });
  });

  test("every server is closed to the others by a policy from the first pod on", async () => {
    const { items }: { items?: { spec: object }[] } = await it.api.get(
      `/apis/networking.k8s.io/v1/namespaces/${it.namespace}/networkpolicies`,
    );
    expect(items).toHaveLength(1);
    expect(items?.[0]?.spec).toMatchObject({
      podSelector: { matchLabels: { "berth.dev/installation": it.installationId } },
      policyTypes: ["Ingress", "Egress"],
    });
  });
});

describe("S-73: what somebody could do who has Berth's account", () => {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "mine" }, spec: { containers: [] } };
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "mine" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "hub", namespace: "default" }],
  };

  test.each([
    ["make a pod in kube-system", "POST", "/api/v1/namespaces/kube-system/pods", pod],
    ["make itself an admin", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding],
    ["read a secret elsewhere", "GET", "/api/v1/namespaces/kube-system/secrets/any", undefined],
    ["make a namespace", "POST", "/api/v1/namespaces", { metadata: { name: "mine" } }],
    ["change a node", "DELETE", "/api/v1/nodes/node1", undefined],
  ] as const)("not %s", async (_what, method, at, body) => {
    expect((await berth.call(method, at, body)).status).toBe(403);
  });

  test("not enter a pod, go through the secrets beside its own, or make a token for an account", async () => {
    const here = `/api/v1/namespaces/${it.namespace}`;
    const [anas] = await person("ana").pods();
    const exec = `${here}/pods/${anas?.metadata.name}/exec?command=id&stdout=true`;
    expect((await berth.call("POST", exec)).status).toBe(403);
    expect((await berth.call("GET", `${here}/secrets`)).status).toBe(403);
    expect((await berth.call("POST", `${here}/serviceaccounts/default/token`, {})).status).toBe(403);
  });
});
