import { describe, expect, test } from "vitest";
import type { MemberGroup } from "#db/reservations.ts";
import { chooseGroup, type GroupQuestion } from "./choose-group.ts";

function memberOf(name: string): MemberGroup {
  const group = {
    id: `id-${name}`,
    name,
    description: "",
    managed: false,
    namespace: null,
    ceiling: {},
    quota: {},
    memberLimits: {},
    budget: null,
    cull: {},
    sharedVolume: null,
    createdAt: new Date(0),
    deletedAt: null,
    undoUntil: null,
  };
  return { group, role: "member", limits: {} };
}

function ask(groups: readonly string[], more: Partial<GroupQuestion> = {}): string {
  const choice = chooseGroup({
    asked: undefined,
    rememberedId: null,
    memberships: groups.map(memberOf),
    mayUse: () => true,
    required: false,
    owner: "ana",
    ...more,
  });
  return choice.kind === "group" ? choice.member.group.name : choice.kind === "none" ? "none" : choice.message;
}

describe("the group a server counts against", () => {
  test("is the only one its owner is in, or none", () => {
    expect(ask(["physics"])).toBe("physics");
    expect(ask([])).toBe("none");
  });

  test("has to be chosen among several, and is remembered", () => {
    expect(ask(["art", "maths", "physics"])).toBe(
      "Choose the group this server counts against: art, maths or physics.",
    );
    expect(ask(["art", "maths"], { rememberedId: "id-maths" })).toBe("maths");
    expect(ask(["art", "maths"], { rememberedId: "id-maths", asked: "art" })).toBe("art");
  });

  test("is never one its owner isn't in, nor one they left, nor one that doesn't exist: the words are the same", () => {
    const refused = "“ana” can’t start a server in a group “law”.";
    expect(ask(["art"], { asked: "law" })).toBe(refused);
    expect(ask([], { asked: "law" })).toBe(refused);
    expect(ask(["art"], { rememberedId: "id-law" })).toBe("art");
  });

  test("S-44: is one the manager who starts it manages, not another one at its cost", () => {
    const mayUse = (group: string) => group === "physics";
    expect(ask(["art", "physics"], { mayUse })).toBe("physics");
    expect(ask(["art", "physics"], { mayUse, rememberedId: "id-art" })).toBe("physics");
    expect(ask(["art", "physics"], { mayUse, asked: "art" })).toContain("can’t start a server in a group “art”");
    expect(ask(["art"], { mayUse })).toContain("None of the groups of “ana” is yours");
  });

  test("must be there where the hub requires one", () => {
    expect(ask([], { required: true })).toContain("“ana” is in none");
  });
});
