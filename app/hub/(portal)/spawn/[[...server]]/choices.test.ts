import { describe, expect, test } from "vitest";
import type { ProfileView, StartOptionsView } from "#server/api/views.ts";
import { firstSelection, optionsOf, searchProfiles, selectionFor, typedProblem } from "./choices.ts";

const limits = { cpuMillicores: 1000, memoryBytes: 1024, gpus: 0 };
const openToAll = { denied: null, deprecated: null };
const choice = (slug: string, isDefault = false) => ({
  slug,
  displayName: slug,
  default: isDefault,
  limits,
  ...openToAll,
});

const course: ProfileView = {
  slug: "course",
  displayName: "Course environment",
  description: "For <b>lectures</b>",
  default: true,
  limits,
  options: [
    {
      name: "image",
      displayName: "Image",
      choices: [choice("r"), choice("python", true)],
      unlisted: {
        displayName: "Other",
        displayNameInChoices: "Other …",
        pattern: "a+|b",
        message: "Only letters a.",
        ...openToAll,
      },
    },
  ],
  expectedSeconds: null,
  ...openToAll,
};
const gpu: ProfileView = { ...course, slug: "gpu", displayName: "GPU", description: "", default: false, options: [] };

function view(last: StartOptionsView["last"]): StartOptionsView {
  const group = { choices: [], selected: null, message: null };
  return { server: null, profiles: [gpu, course], last, home: null, group, gpus: null, fits: {} };
}

describe("the form as it first shows", () => {
  test("the default profile with its default choices, when nothing is known", () => {
    expect(firstSelection(view(null), null)).toEqual({
      profile: "course",
      values: { image: { kind: "choice", slug: "python" } },
    });
  });

  test("the last start, unless the link says otherwise (S-34)", () => {
    const last = { profile: "course", options: { image: "r" } };
    expect(firstSelection(view(last), { profile: null, options: {} })?.values.image).toEqual({
      kind: "choice",
      slug: "r",
    });
    expect(firstSelection(view(last), { profile: "gpu", options: {} })?.profile).toBe("gpu");
    expect(firstSelection(view(last), { profile: null, options: { image: "python" } })?.values.image).toEqual({
      kind: "choice",
      slug: "python",
    });
  });

  test("a profile or a choice that is gone falls back to the default", () => {
    expect(firstSelection(view({ profile: "old", options: {} }), null)?.profile).toBe("course");
    expect(firstSelection(view({ profile: "course", options: { image: "old" } }), null)?.values.image).toEqual({
      kind: "choice",
      slug: "python",
    });
    expect(firstSelection(view(null), { profile: "no-such", options: {} })?.profile).toBe("course");
  });

  test("no profile, no selection", () => {
    expect(firstSelection({ ...view(null), profiles: [] }, null)).toBeNull();
  });
});

describe("a typed value", () => {
  const typed = (text: string) => selectionFor(course, { "image--unlisted-choice": text });

  test("travels as KubeSpawner's form sends it, and comes back from a link", () => {
    expect(optionsOf(typed("aaa"))).toEqual({ "image--unlisted-choice": "aaa" });
    expect(typed("aaa").values.image).toEqual({ kind: "typed", text: "aaa" });
  });

  test("must match the whole pattern, alternatives included", () => {
    expect(typedProblem(course, typed("aaa"), "")).toBeNull();
    expect(typedProblem(course, typed("aaax"), "")).toEqual({ option: "image", message: "Only letters a." });
    expect(typedProblem(course, typed("xb"), "")?.option).toBe("image");
    expect(typedProblem(course, typed(""), "")?.option).toBe("image");
  });
});

test("a search finds words of name and description, not of markup", () => {
  const found = (search: string) => searchProfiles([gpu, course], search).map(({ slug }) => slug);
  expect(found("LECTURES course")).toEqual(["course"]);
  expect(found("<b>")).toEqual([]);
  expect(found("")).toEqual(["gpu", "course"]);
});
