import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { createKubeClient, type KubeClient } from "./client.ts";
import { pods } from "./kinds.ts";
import { listAll } from "./list-all.ts";

describe("a whole list", () => {
  let api: FakeKubeApi;
  let client: KubeClient;
  let afterList: () => void;

  beforeEach(async () => {
    api = await startFakeKubeApi();
    afterList = () => undefined;
    client = await createKubeClient({
      kubeconfigPath: api.kubeconfigPath,
      requestsInFlight: 4,
      userAgent: "test",
      time: systemClock,
      around: async (_call, run) => await run().finally(() => afterList()),
    });
    for (let index = 0; index < 1201; index++) api.store.create("pods", "berth", { metadata: { name: `p${index}` } });
  });
  afterEach(async () => {
    await client.close();
    await api.stop();
  });

  test("comes in pages, each object once", async () => {
    const { objects, version } = await listAll(client, pods, { namespace: "berth" }, null);
    expect(new Set(objects.map(({ metadata }) => metadata?.name)).size).toBe(1201);
    expect(version).toBe(String(api.store.version));
    expect(api.requests).toHaveLength(3);
  });

  test("F-07: a page's token that expired on the way costs one list in one piece", async () => {
    afterList = () => api.resources.expirePages();
    const { objects } = await listAll(client, pods, { namespace: "berth" }, "0");
    expect(objects).toHaveLength(1201);
    expect(api.requests.map(({ query }) => query.get("limit"))).toEqual(["500", "500", null]);
  });
});
