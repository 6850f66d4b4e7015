import { describe, expect, test } from "vitest";
import { choicesFromForm, choicesFromJson, choicesFromQuery } from "./choices.ts";

const query = (text: string) => choicesFromQuery(new URLSearchParams(text));

describe("what somebody asked for", () => {
  test("a link names profile and options behind opt-, by plain name or as KubeSpawner's form fields", () => {
    expect(query("opt-profile=gpu&opt-image=base&opt-image--unlisted-choice=a%2Fb&next=%2Flab")).toEqual({
      ok: true,
      choices: { profile: "gpu", options: { image: "base", "image--unlisted-choice": "a/b" } },
    });
    expect(query("opt-profile=gpu&opt-profile-option-gpu--image=base&opt-profile-option-cpu--image=other")).toEqual({
      ok: true,
      choices: { profile: "gpu", options: { image: "base" } },
    });
    expect(query("next=/lab&profile=gpu")).toEqual({ ok: true, choices: { profile: null, options: {} } });
  });

  test("S-40 one thing asked for twice is refused, not the last one taken", () => {
    expect(query("opt-image=a&opt-image=b")).toMatchObject({ ok: false, problem: { field: "image" } });
    expect(query("opt-profile=gpu&opt-image=a&opt-profile-option-gpu--image=b")).toMatchObject({
      ok: false,
      problem: { field: "image" },
    });
  });

  test("KubeSpawner's form is read, with the options of the chosen profile alone", () => {
    const form = new URLSearchParams(
      "_xsrf=x&profile=demo-1&profile-option-demo-1--image=minimal&profile-option-demo-2--image=base",
    );
    expect(choicesFromForm(form)).toEqual({ ok: true, choices: { profile: "demo-1", options: { image: "minimal" } } });
  });

  test("S-40 JSON holds texts and nothing else; unknown keys stay, for the profile to refuse", () => {
    expect(choicesFromJson({ profile: "gpu", image: "evil" })).toEqual({
      ok: true,
      choices: { profile: "gpu", options: { image: "evil" } },
    });
    expect(choicesFromJson(undefined)).toEqual({ ok: true, choices: { profile: null, options: {} } });
    for (const body of [
      [],
      "x",
      1,
      { profile: 1 },
      { kubespawner_override: { image: "evil" } },
      { env: { LD_PRELOAD: "x" } },
      { image: null },
      { image: ["a"] },
    ])
      expect(choicesFromJson(body)).toMatchObject({ ok: false });
    expect(choicesFromJson(JSON.parse('{"__proto__": "x"}'))).toMatchObject({ ok: true, choices: { profile: null } });
    const odd = choicesFromJson(JSON.parse('{"__proto__": "x"}'));
    expect(odd.ok && Object.keys(odd.choices.options)).toEqual(["__proto__"]);
  });
});
