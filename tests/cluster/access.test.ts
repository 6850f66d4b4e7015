import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { applyBerthAccess, type BerthAccess, type Rule, roleFile } from "./access.ts";
import { type ClusterApi, clusterApi } from "./api.ts";

const namespace = "berth-access-test";
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

type Review = { status?: { resourceRules?: Rule[] } };

/** One line a right: `group/resource verb`. */
function rights(rules: Rule[]): string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${group || "core"}/${resource} ${verb}`)),
      ),
    )
    .sort();
}

/** What Kubernetes gives every authenticated account: asking about itself. */
const everybodys = [
  "authentication.k8s.io/selfsubjectreviews create",
  "authorization.k8s.io/selfsubjectaccessreviews create",
  "authorization.k8s.io/selfsubjectrulesreviews create",
];

describe("the documented Role", () => {
  test("S-73: is all that Berth's ServiceAccount may do in its namespace, as `kubectl auth can-i --list` counts it", async () => {
    const { body } = await api.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectRulesReview",
      spec: { namespace },
    });
    const review: Review = body;
    const allowed = rights(review.status?.resourceRules ?? []).filter((right) => !everybodys.includes(right));
    expect(allowed).toEqual(rights(roleFile("role").rules));
  });

  test("S-73: gives nothing in any other namespace, and no node, namespace or role", async () => {
    for (const path of [
      "/api/v1/namespaces/default/pods",
      "/api/v1/namespaces/kube-system/secrets",
      `/api/v1/namespaces/${namespace}/secrets`,
      "/api/v1/pods",
      "/api/v1/nodes",
      "/api/v1/namespaces",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    ])
      expect((await api.call("GET", path)).status, path).toBe(403);
    expect((await api.call("GET", `/api/v1/namespaces/${namespace}/pods`)).status).toBe(200);
  });
});
