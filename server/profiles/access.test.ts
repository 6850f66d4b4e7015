import { describe, expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { standingOf } from "./access.ts";
import { resolveProfile } from "./resolve.ts";
import { profileViews } from "./view.ts";

const choices = {
  base: { display_name: "Base" },
  cuda: { display_name: "CUDA", default: true, allowed_groups: ["gpu"] },
  old: { display_name: "Old", deprecated: { use: "base" } },
  gone: { display_name: "Gone", hidden: true, deprecated: { use: "base" } },
  broken: { display_name: "Broken", denied: "It is being repaired." },
};
const unlisted = { enabled: true, allowed_groups: ["staff"], kubespawner_override: { image: "{value}" } };

const config = Config.parse({
  singleuser: {
    profileList: [
      { display_name: "GPU", default: true, allowed_groups: ["gpu", "staff"], denied: "Ask your professor." },
      { display_name: "Secret", allowed_groups: ["staff"] },
      {
        display_name: "Plain",
        profile_options: {
          image: { display_name: "Image", choices, unlisted_choice: unlisted },
        },
      },
      {
        display_name: "Staff's image",
        slug: "only",
        profile_options: {
          image: { display_name: "Image", choices: { a: { display_name: "A", allowed_groups: ["staff"] } } },
        },
      },
    ],
  },
});

function ask(groups: readonly string[], profile: string | null, options: Record<string, string> = {}) {
  const asked = { config, profile, options, user: { name: "ana" }, server: { name: "" }, groups };
  const resolved = resolveProfile(asked);
  return resolved.ok ? `${resolved.profileSlug} ${Object.values(resolved.options).join()}`.trim() : resolved.problem;
}

describe("S-41: what isn't open to the user's groups is refused on the way every start takes", () => {
  test.each([
    ["gpu", { kind: "forbidden", field: "profile", message: /“gpu” can't be used: Ask your professor\./ }],
    ["secret", { kind: "forbidden", field: "profile", message: /“secret” isn't open to the groups of this user/ }],
    ["only", { kind: "forbidden", field: "image", message: /None of the choices for “Image”/ }],
  ])("profile %s by its slug", (slug, problem) => {
    expect(ask([], slug)).toMatchObject({ ...problem, message: expect.stringMatching(problem.message) });
  });

  test.each(["0", "1", "default", "GPU", "gpu ", "__proto__", "constructor"])(
    "no other name leads to it: %j",
    (slug) => {
      expect(ask([], slug)).toMatchObject({ kind: "invalid", field: "profile" });
    },
  );

  test("the sentence about an unknown profile names only those that are open", () => {
    const problem = ask([], "nothing");
    expect(problem).toMatchObject({ message: expect.not.stringMatching(/secret|gpu/) });
    expect(problem).toMatchObject({ message: expect.stringContaining("plain") });
  });

  test("no profile asked for is the first one that is open, the marked one for whoever may use it", () => {
    expect(ask([], null)).toBe("plain base");
    expect(ask(["gpu"], null)).toBe("gpu");
    expect(ask(["staff"], "only")).toBe("only a");
  });

  test.each([
    [{ image: "cuda" }, /“cuda” for “Image” isn't open/],
    [{ image: "gone" }, /no longer offered. Use “base” instead/],
    [{ image: "broken" }, /can't be used: It is being repaired/],
    [{ "image--unlisted-choice": "evil/x:1" }, /A value of one's own for “Image” isn't open/],
    [{ image: "unlisted-choice", "image--unlisted-choice": "evil/x:1" }, /isn't open/],
  ])("choice %j", (options, message) => {
    expect(ask([], "plain", options)).toMatchObject({ kind: "forbidden", message: expect.stringMatching(message) });
  });

  test("members may, and what is deprecated still starts", () => {
    expect(ask(["gpu"], "plain", {})).toBe("plain cuda");
    expect(ask(["gpu"], "plain", { image: "cuda" })).toBe("plain cuda");
    expect(ask(["staff"], "plain", { "image--unlisted-choice": "x/y:1" })).toBe("plain x/y:1");
    expect(ask([], "plain", { image: "old" })).toBe("plain old");
    expect(ask(["staff"], "plain", { image: "gone" })).toMatchObject({ kind: "forbidden" });
  });

  test("a group's name is compared as a whole and as it is written", () => {
    for (const group of ["GPU", "gpu ", "gp", "gpus", "staff,gpu", "__proto__"])
      expect(standingOf({ allowed_groups: ["gpu"] }, [group])).toEqual({ kind: "hidden" });
  });
});

describe("the cards somebody sees", () => {
  const seen = (groups: readonly string[]) => profileViews(config, new Map(), groups);

  test("what isn't open is left out, or greyed with its sentence", () => {
    const cards = seen([]);
    expect(cards.map(({ slug, denied }) => [slug, denied])).toEqual([
      ["gpu", "Ask your professor."],
      ["plain", null],
      ["only", "None of the choices for “Image” is open to this user."],
    ]);
    const [option] = cards[1]?.options ?? [];
    expect(option?.choices.map(({ slug, denied }) => [slug, denied])).toEqual([
      ["base", null],
      ["old", null],
      ["broken", "It is being repaired."],
    ]);
    expect(option?.unlisted).toBeNull();
    expect(JSON.stringify(cards)).not.toMatch(/Secret|CUDA/);
  });

  test("the marked card and choice are the ones a start without a word takes", () => {
    expect(
      seen([])
        .filter((card) => card.default)
        .map((card) => card.slug),
    ).toEqual(["plain"]);
    expect(
      seen(["gpu"])
        .filter((card) => card.default)
        .map((card) => card.slug),
    ).toEqual(["gpu"]);
    const marked = (groups: readonly string[]) =>
      seen(groups)
        .find((card) => card.slug === "plain")
        ?.options[0]?.choices.filter((choice) => choice.default);
    expect(marked([])).toMatchObject([{ slug: "base" }]);
    expect(marked(["gpu"])).toMatchObject([{ slug: "cuda" }]);
  });

  test("what is deprecated says what to use instead", () => {
    const old = seen([])[1]?.options[0]?.choices.find((choice) => choice.slug === "old");
    expect(old?.deprecated).toEqual({ use: "base", useDisplayName: "Base", message: null });
  });
});

describe("rules that can't be meant fail the start of the portal", () => {
  const problems = (rule: object) => {
    const profileList = [
      { display_name: "A", ...rule },
      { display_name: "B", deprecated: { use: "c" } },
      { display_name: "C" },
    ];
    const parsed = Config.safeParse({ singleuser: { profileList } });
    return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join("."));
  };
  test.each([
    [{ allowed_groups: [] }, "singleuser.profileList.0.allowed_groups"],
    [{ hidden: true, denied: "no" }, "singleuser.profileList.0.denied"],
    [{ deprecated: { use: "nothing" } }, "singleuser.profileList.0.deprecated"],
    [{ deprecated: { use: "a" } }, "singleuser.profileList.0.deprecated"],
    [{ deprecated: { use: "b" } }, "singleuser.profileList.0.deprecated"],
  ])("%j", (rule, path) => expect(problems(rule)).toEqual([path]));
});
