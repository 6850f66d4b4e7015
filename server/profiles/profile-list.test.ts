import { describe, expect, test } from "vitest";
import { loadConfig } from "#server/config/load.ts";
import { escapedSlug } from "./escaped-slug.ts";

const problemsOf = (profile: Record<string, unknown>) => {
  const result = loadConfig({
    environment: {},
    flags: { singleuser: { profileList: [{ display_name: "A", ...profile }] } },
  });
  return result.ok ? [] : result.problems;
};
const unlisted = (kubespawner_override: unknown) => ({
  profile_options: {
    o: {
      display_name: "O",
      choices: { a: { display_name: "A" } },
      unlisted_choice: { enabled: true, kubespawner_override },
    },
  },
});
const at = "singleuser.profileList[0].profile_options.o.unlisted_choice.kubespawner_override";

describe("a profile list that can't work is refused at the start", () => {
  test.each([
    ["volumes", [{ name: "{value}", hostPath: { path: "/" } }], `${at}.volumes[0].name`],
    ["extra_pod_config", { hostNetwork: "{value}" }, `${at}.extra_pod_config.hostNetwork`],
    ["container_security_context", { runAsUser: "{value}" }, `${at}.container_security_context.runAsUser`],
    ["environment", { "{value}": "x" }, `${at}.environment.{value}`],
    ["service_account", "{value}", `${at}.service_account`],
  ])("S-40 a typed value can't reach %s %j", (trait, setting, path) => {
    expect(problemsOf(unlisted({ [trait]: setting }))).toMatchObject([{ path }]);
  });

  test("settings of an unlisted choice are checked like any other, but for those that hold the value", () => {
    expect(
      problemsOf(unlisted({ image: "{value}", cpu_limit: "{value}", extra_labels: { typed: "{value}" } })),
    ).toEqual([]);
    expect(problemsOf(unlisted({ mem_limit: "lots" }))).toMatchObject([{ path: `${at}.mem_limit` }]);
    expect(problemsOf(unlisted({ mem_limti: "2G" }))).toMatchObject([{ path: `${at}.mem_limti`, hint: "mem_limit" }]);
    expect(problemsOf(unlisted({ pre_spawn_hook: "x" }))[0]?.message).toContain("Python");
    expect(problemsOf(unlisted({ environment: { X: "{value} {nobody}" } }))).toMatchObject([
      { path: `${at}.environment.X` },
    ]);
  });

  test("an option has something to choose, one default, and a name the form can carry", () => {
    const option = (name: string, said: unknown) => problemsOf({ profile_options: { [name]: said } });
    expect(option("o", { display_name: "O" })[0]?.message).toContain("needs choices");
    const two = { a: { display_name: "A", default: true }, b: { display_name: "B", default: true } };
    expect(option("o", { display_name: "O", choices: two })[0]?.message).toContain("Only one choice");
    for (const name of ["a--b", "profile", "x y", ""])
      expect(option(name, { display_name: "O", choices: { a: { display_name: "A" } } })).toHaveLength(1);
  });

  test("a server without limits can't be said", () => {
    for (const [trait, value] of [
      ["mem_limit", null],
      ["cpu_limit", null],
      ["cpu_limit", 0],
      ["mem_limit", 0],
      ["mem_limit", ""],
    ] as const)
      expect(problemsOf({ kubespawner_override: { [trait]: value } })).toMatchObject([
        { path: `singleuser.profileList[0].kubespawner_override.${trait}` },
      ]);
  });

  test("a choice that doesn't work with its profile is found before anybody takes it", () => {
    const choices = {
      a: { display_name: "A" },
      b: { display_name: "B", kubespawner_override: { disable_user_config: true } },
    };
    expect(problemsOf({ profile_options: { o: { display_name: "O", choices } } })).toMatchObject([
      { path: "singleuser.profileList[0].profile_options.o.choices.b.kubespawner_override.disable_user_config" },
    ]);
  });
});

test("volumes named by the scheme before KubeSpawner 7 are found again", () => {
  expect(escapedSlug("user@email.com")).toBe("user-40email-2ecom");
  expect(escapedSlug("Ü")).toBe("-c3-9c");
});
