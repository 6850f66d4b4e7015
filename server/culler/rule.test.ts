import { describe, expect, test } from "vitest";
import type { CullRule } from "#db/schema/settings.ts";
import { Cull } from "#server/config/cull.ts";
import { adminBounds, effectiveRule, idleBounds, type ProfileCull } from "./rule.ts";

type Case = {
  readonly what: string;
  readonly admin?: object;
  readonly profile?: ProfileCull;
  readonly group?: CullRule;
  readonly user?: CullRule;
  readonly idle: number | null;
  readonly age?: number | null;
};

const wide = { timeout: 3600, minTimeout: 600, maxTimeout: 28_800 };
const cases: readonly Case[] = [
  { what: "nobody says anything: the hub's", idle: 3600 },
  { what: "a profile stands in place of the hub's, longer too", profile: { timeout: 21_600 }, idle: 21_600 },
  { what: "a profile that never stops", profile: { timeout: 0 }, idle: null },
  { what: "but its group does", profile: { timeout: 0 }, group: { idleSeconds: 7200 }, idle: 7200 },
  { what: "of profile and group the shorter", profile: { timeout: 7200 }, group: { idleSeconds: 1800 }, idle: 1800 },
  {
    what: "and it is the shorter the other way round",
    profile: { timeout: 1800 },
    group: { idleSeconds: 3000 },
    idle: 1800,
  },
  { what: "a group beyond the admin's longest", group: { idleSeconds: 90_000 }, idle: 3600 },
  { what: "a group as long as the admin allows", admin: wide, group: { idleSeconds: 20_000 }, idle: 20_000 },
  { what: "a group below the admin's shortest", admin: wide, group: { idleSeconds: 60 }, idle: 600 },
  { what: "a user may choose shorter", user: { idleSeconds: 900 }, idle: 900 },
  { what: "not longer than the hub's, when the admin gave no longest", user: { idleSeconds: 7200 }, idle: 3600 },
  { what: "longer, where the admin gave a longest", admin: wide, user: { idleSeconds: 20_000 }, idle: 20_000 },
  { what: "not beyond it", admin: wide, user: { idleSeconds: 90_000 }, idle: 28_800 },
  { what: "not below the shortest", admin: wide, user: { idleSeconds: 60 }, idle: 600 },
  {
    what: "not beyond the profile's",
    admin: wide,
    profile: { timeout: 1800 },
    user: { idleSeconds: 20_000 },
    idle: 1800,
  },
  {
    what: "not beyond the group's",
    admin: wide,
    group: { idleSeconds: 1800 },
    user: { idleSeconds: 20_000 },
    idle: 1800,
  },
  {
    what: "a never-stopping profile leaves it to the user",
    profile: { timeout: 0 },
    user: { idleSeconds: 900 },
    idle: 900,
  },
  {
    what: "the shortest of all ages",
    admin: { maxAge: 90_000 },
    group: { maxAgeSeconds: 50_000 },
    user: { maxAgeSeconds: 70_000 },
    idle: 3600,
    age: 50_000,
  },
  {
    what: "a profile's age stands in place of the hub's",
    admin: { maxAge: 90_000 },
    profile: { maxAge: 200_000 },
    idle: 3600,
    age: 200_000,
  },
  {
    what: "a profile without an age, under a hub with one",
    admin: { maxAge: 90_000 },
    profile: { maxAge: 0 },
    idle: 3600,
    age: null,
  },
  { what: "a user can't take an age away", admin: { maxAge: 90_000 }, user: {}, idle: 3600, age: 90_000 },
];

const sources = ({ admin = {}, profile, group, user = {} }: Case) => ({
  cull: Cull.parse(admin),
  profile: profile ?? null,
  group: group ?? null,
  user,
});

describe("one rule out of admin's, profile's, group's and user's", () => {
  test.each(cases)("$what", (one) => {
    const rule = effectiveRule(sources(one));
    expect({ idle: rule.idleSeconds, age: rule.maxAgeSeconds }).toEqual({ idle: one.idle, age: one.age ?? null });
  });

  test("whatever a user chooses, the answer is within the bounds they are shown", () => {
    for (const one of cases)
      for (const idleSeconds of [60, 599, 3600, 20_000, 1_000_000]) {
        const from = { ...sources(one), user: { idleSeconds } };
        const [{ min, max }, rule] = [idleBounds(from), effectiveRule(from)];
        expect(rule.idleSeconds).toBeGreaterThanOrEqual(min);
        expect(rule.idleSeconds).toBeLessThanOrEqual(max ?? Number.POSITIVE_INFINITY);
      }
  });

  test("quiet hours add up", () => {
    const hours = (from: string) => ({ days: [1], from, to: "06:00", timeZone: "UTC" });
    const rule = effectiveRule({
      cull: Cull.parse({ quietHours: [hours("20:00")] }),
      profile: null,
      group: { quietHours: [hours("21:00")] },
      user: { quietHours: [hours("22:00")] },
    });
    expect(rule.quietHours.map(({ from }) => from)).toEqual(["20:00", "21:00", "22:00"]);
  });

  test("nobody is stopped in less than five minutes unless the admin says so", () => {
    expect(adminBounds(Cull.parse({}))).toEqual({ min: 300, max: 3600 });
    expect(adminBounds(Cull.parse({ timeout: 120 }))).toEqual({ min: 120, max: 120 });
    expect(adminBounds(Cull.parse({ minTimeout: 60, maxTimeout: 7200 }))).toEqual({ min: 60, max: 7200 });
  });
});
