import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { createKubeClient, type KubeClient } from "./client.ts";
import { ownAccount } from "./own-account.ts";
import { accountOf, bindsSame, roleBindingFor } from "./role-binding.ts";

const hub = { kind: "ServiceAccount", namespace: "berth", name: "hub" } as const;

describe("whose credentials these are", () => {
  let api: FakeKubeApi;
  let client: KubeClient;
  const folder = mkdtempSync(path.join(tmpdir(), "berth-account-"));
  const token = path.join(folder, "token");

  beforeEach(async () => {
    api = await startFakeKubeApi();
    client = await createKubeClient({
      kubeconfigPath: api.kubeconfigPath,
      requestsInFlight: 4,
      userAgent: "test",
      time: systemClock,
    });
  });
  afterEach(async () => {
    await client.close();
    await api.stop();
    rmSync(token, { force: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const beforeThatApi = () =>
    api.faults.add({ resource: "selfsubjectreviews" }, { kind: "answer", status: 404, reason: "NotFound" });

  test("is what the API server says", async () => {
    expect(await ownAccount(client, token)).toEqual(hub);
    api.resources.username = "mia@example.org";
    expect(await ownAccount(client, token)).toEqual({ kind: "User", name: "mia@example.org" });
  });

  test("before Kubernetes 1.28 it is what the pod's token says; outside a pod the API server's own no", async () => {
    beforeThatApi();
    await expect(ownAccount(client, token)).rejects.toMatchObject({ status: 404 });
    const claims = Buffer.from(JSON.stringify({ sub: "system:serviceaccount:berth:hub" })).toString("base64url");
    writeFileSync(token, `e30.${claims}.sig`);
    beforeThatApi();
    expect(await ownAccount(client, token)).toEqual(hub);
  });
});

test("a binding is the same with what the API adds to it, and another one for another account or role", () => {
  const place = { namespace: "berth-physics", installationId: "inst-1" };
  const wanted = roleBindingFor({ ...place, account: hub });
  const told = { ...wanted, subjects: wanted.subjects?.map((one) => ({ ...one, apiGroup: "" })) ?? [] };
  expect(bindsSame(told, wanted)).toBe(true);
  expect(bindsSame(roleBindingFor({ ...place, account: accountOf("mia") }), wanted)).toBe(false);
  const admin = { ...wanted, roleRef: { ...wanted.roleRef, name: "cluster-admin" } };
  expect(bindsSame(admin, wanted)).toBe(false);
});
