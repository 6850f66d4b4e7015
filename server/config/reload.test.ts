import { describe, expect, test } from "vitest";
import { LiveConfig } from "./live-config.ts";
import { readingCheck } from "./reading-check.ts";
import { reloaded } from "./reload.ts";
import { Config } from "./schema.ts";

const before = Config.parse({ singleuser: { profileList: [{ display_name: "Small" }] } });
const of = (change: object) => reloaded(before, Config.parse({ singleuser: before.singleuser, ...change }));

describe("a changed file in a running hub", () => {
  test("profiles, what servers get, roles, limits and rules of culling are taken over; nothing else changes", () => {
    const singleuser = { profileList: [{ display_name: "Large" }], memory: { limit: "4G" } };
    const role = { description: "d", scopes: ["read:users"], groups: ["staff"] };
    const hub = { loadRoles: { auditor: role }, activeServerLimit: 20 };
    const { config, changed, waiting } = of({ singleuser, hub, groups: { undoDays: 3 }, cull: { timeout: 600 } });
    expect(changed.toSorted()).toEqual([
      "cull.timeout",
      "groups.undoDays",
      "hub.activeServerLimit",
      "hub.loadRoles",
      "singleuser.memory",
      "singleuser.profileList",
    ]);
    expect(waiting).toEqual([]);
    expect(config).toEqual(Config.parse({ singleuser, hub, groups: { undoDays: 3 }, cull: { timeout: 600 } }));
  });

  test("what decides something at the start waits for a restart, and is named", () => {
    const { config, changed, waiting } = of({
      hub: { publicUrl: "https://hub.example.org", shutdownOnLogout: true },
      proxy: { listen: "127.0.0.1:9000" },
      spawner: { type: "kubernetes" },
      cull: { enabled: true },
    });
    expect(changed).toEqual(["hub.shutdownOnLogout"]);
    expect(waiting.toSorted()).toEqual(["cull.enabled", "hub.publicUrl", "proxy.listen", "spawner.type"]);
    expect(config).toEqual({ ...before, hub: { ...before.hub, shutdownOnLogout: true } });
  });

  test("a key that was removed has its default again", () => {
    const { config, changed } = reloaded(before, Config.parse({}));
    expect(changed).toEqual(["singleuser.profileList"]);
    expect(config).toEqual(Config.parse({}));
  });

  test("one that says the same changes nothing", () => {
    expect(of({})).toEqual({ config: before, changed: [], waiting: [] });
  });
});

describe("what the health page says of the file", () => {
  const read = { file: "berth.yaml", at: new Date("2026-11-23T10:00:00Z") };

  test("when it was read; what waits for a restart; the first mistake of those there are, and that the hub goes on", () => {
    expect(readingCheck(new LiveConfig(before).reading)).toBeNull();
    const live = new LiveConfig(before, read);
    expect(readingCheck(live.reading)).toMatchObject({
      ok: true,
      message: "berth.yaml was read at 2026-11-23T10:00:00Z.",
    });
    live.take({ config: before, changed: [], waiting: ["hub.publicUrl"] }, read);
    expect(readingCheck(live.reading)).toMatchObject({
      ok: false,
      message: "Changed in berth.yaml, and in force only after a restart: hub.publicUrl.",
    });
    live.refuse(["berth.yaml:3  no", "berth.yaml:4  neither"], read);
    expect(readingCheck(live.reading)?.message).toBe(
      "berth.yaml was changed and can't be taken; the hub goes on with what it read before. berth.yaml:3  no (and 1 more)",
    );
    expect(live.reading?.waiting, "is still so").toEqual(["hub.publicUrl"]);
  });
});
