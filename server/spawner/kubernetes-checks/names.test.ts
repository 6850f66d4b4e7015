import { describe, expect, test } from "vitest";
import { addressesJudged, movedJudged, serviceBehind } from "./hub-address.ts";
import { namesJudged } from "./names.ts";

const byAddress = "http://10.96.0.7:8081/hub/api";
const byName = "http://hub.berth.svc:8081/hub/api";

describe("how servers find the hub", () => {
  test("by address, by name, or not at all, and whether this hub resolves the cluster's names", () => {
    const seen = { isInCluster: true, cluster: true, hub: null };
    expect(namesJudged({ ...seen, hubApiUrl: byAddress })).toMatchObject({
      ok: true,
      message: expect.stringMatching(/by address .* no DNS is needed.* The hub resolves the cluster's names\./),
    });
    expect(namesJudged({ ...seen, hubApiUrl: null, cluster: false })).toMatchObject({
      ok: true,
      message: expect.stringMatching(/don't call the hub.*can't resolve the cluster's names; Berth itself needs none/),
    });
    expect(namesJudged({ ...seen, hubApiUrl: byName, hub: true }).message).toContain("so they need DNS");
  });

  test("by a name that can't be resolved is a fault, with the way that needs no DNS", () => {
    expect(namesJudged({ isInCluster: true, cluster: false, hubApiUrl: byName, hub: false })).toMatchObject({
      ok: false,
      fix: expect.stringContaining("Leave hub.apiUrl out"),
    });
  });

  test("outside the cluster its names can't be tried, and that is no fault", () => {
    expect(namesJudged({ isInCluster: false, cluster: null, hubApiUrl: byName, hub: null }).ok).toBe(true);
  });
});

describe("the hub's address in servers that run", () => {
  test("is compared with today's: those with another one are counted, with both addresses", () => {
    expect(addressesJudged(byAddress, [byAddress, byAddress], false).ok).toBe(true);
    const old = "http://10.96.0.1:8081/hub/api";
    expect(addressesJudged(byAddress, [byAddress, old, old], false)).toMatchObject({
      ok: false,
      message: `Servers are to call the hub at ${byAddress}; 2 that run have ${old} instead.`,
    });
  });

  test("is compared with the Service's own, where DNS can say it: a Service made anew after the hub started is named", () => {
    const environment = { HUB_SERVICE_HOST: "10.96.0.7" };
    expect(serviceBehind(byAddress, environment)).toBe("hub");
    expect(serviceBehind(byName, environment)).toBeNull();
    expect(serviceBehind(byAddress, { BERTH_HUB_SERVICE_HOST: "10.96.0.7" })).toBe("berth-hub");
    expect([movedJudged("hub", byAddress, []), movedJudged("hub", byAddress, ["fd00::7", "10.96.0.7"])]).toEqual([
      null,
      null,
    ]);
    expect(movedJudged("hub", byAddress, ["10.96.0.99"])).toMatchObject({
      ok: false,
      message: expect.stringContaining("the Service hub has the address 10.96.0.99 now"),
      fix: expect.stringContaining("rollout restart deployment/hub"),
    });
  });
});
