import { describe, expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { resolveProfile } from "./resolve.ts";
import type { ServerSpec } from "./spec.ts";

type Options = Record<string, string>;

function configWith(singleuser: unknown, spawner: "local" | "kubernetes" = "kubernetes"): Config {
  return Config.parse({ spawner: { type: spawner }, singleuser });
}

function ask(config: Config, profile: string | null = null, options: Options = {}, user = "ana", server = "") {
  return resolveProfile({ config, profile, options, user: { name: user }, server: { name: server }, groups: [] });
}

function specOf(config: Config, profile: string | null = null, options: Options = {}, user = "ana"): ServerSpec {
  const resolved = ask(config, profile, options, user);
  if (!resolved.ok) throw new Error(resolved.problem.message);
  return resolved.spec;
}

function problemOf(config: Config, profile: string | null, options: Options) {
  const resolved = ask(config, profile, options);
  return resolved.ok ? null : resolved.problem;
}

/** KubeSpawner's own documented example (kubespawner/spawner.py, profile_list). */
const demo = configWith({
  profileList: [
    {
      display_name: "Demo - profile_list entry 1",
      slug: "demo-1",
      default: true,
      profile_options: {
        image: {
          display_name: "Image",
          choices: {
            base: {
              display_name: "jupyter/base-notebook:latest",
              kubespawner_override: { image: "jupyter/base-notebook:latest" },
            },
            minimal: {
              display_name: "jupyter/minimal-notebook:latest",
              default: true,
              kubespawner_override: { image: "jupyter/minimal-notebook:latest" },
            },
          },
          unlisted_choice: {
            enabled: true,
            display_name: "Other image",
            validation_regex: "^jupyter/.+:.+$",
            validation_message: "Must be an image matching ^jupyter/<name>:<tag>$",
            kubespawner_override: { image: "{value}" },
          },
        },
      },
      kubespawner_override: { default_url: "/lab" },
    },
    {
      display_name: "Demo - profile_list entry 2",
      slug: "demo-2",
      kubespawner_override: { extra_resource_guarantees: { "nvidia.com/gpu": "1" } },
    },
  ],
});

describe("what a profile and its options come to", () => {
  test("a server has limits although nothing was configured", () => {
    const spec = specOf(configWith({}));
    expect(spec.cpu).toEqual({ limitMillicores: 1000, guaranteeMillicores: 100 });
    expect(spec.memory).toEqual({ limitBytes: 2 * 1024 ** 3, guaranteeBytes: 512 * 1024 ** 2 });
    expect(spec.home).toMatchObject({
      kind: "claim",
      capacityBytes: 10 * 1024 ** 3,
      mountPath: "/home/jovyan",
      volumeName: "volume-ana",
      claimName: "claim-ana",
    });
    expect(spec.pod).toMatchObject({
      uid: 1000,
      fsGroup: 100,
      allowPrivilegeEscalation: false,
      automountServiceAccountToken: false,
      volumes: [],
      volumeMounts: [],
    });
    expect(spec.profile).toEqual({ slug: "default", displayName: "Default" });
  });

  test("no profile asked for is the default one with its default choices, and what was chosen is said", () => {
    const resolved = ask(demo);
    expect(resolved).toMatchObject({
      ok: true,
      profileSlug: "demo-1",
      options: { image: "minimal" },
      spec: { pod: { image: "jupyter/minimal-notebook:latest" }, app: { defaultPath: "lab" } },
    });
    expect(specOf(demo, "demo-2").pod.extraResourceGuarantees).toEqual({ "nvidia.com/gpu": "1" });
  });

  test("base, then profile, then choices: mappings merge, lists and values replace, null removes", () => {
    const config = configWith({
      extraEnv: { A: "base", B: "base", C: "base" },
      extraTolerations: [{ key: "base" }],
      memory: { limit: "1G" },
      profileList: [
        {
          display_name: "P",
          kubespawner_override: {
            environment: { B: "profile", D: "profile" },
            tolerations: [{ key: "profile" }],
            mem_limit: "3G",
          },
          profile_options: {
            first: {
              display_name: "F",
              choices: {
                x: {
                  display_name: "X",
                  kubespawner_override: { environment: { C: null, D: "first" }, mem_limit: "4G" },
                },
              },
            },
            second: {
              display_name: "S",
              choices: { y: { display_name: "Y", kubespawner_override: { environment: { D: "second" } } } },
            },
          },
        },
      ],
    });
    const spec = specOf(config);
    expect(spec.environment).toMatchObject({ A: "base", B: "profile", D: "second" });
    expect(spec.environment).not.toHaveProperty("C");
    expect(spec.pod.tolerations).toEqual([{ key: "profile" }]);
    expect(spec.memory.limitBytes).toBe(4 * 1024 ** 3);
  });

  test("a guarantee never exceeds a limit that a profile lowered", () => {
    const config = configWith({
      profileList: [{ display_name: "P", kubespawner_override: { mem_limit: "256M", cpu_limit: 0.05 } }],
    });
    expect(specOf(config)).toMatchObject({
      memory: { guaranteeBytes: 256 * 1024 ** 2 },
      cpu: { limitMillicores: 50, guaranteeMillicores: 50 },
    });
  });

  test("names are filled in as safe slugs", () => {
    const config = configWith({
      extraEnv: { WHO: "{username}", RAW: "{unescaped_username}" },
      storage: { extraVolumes: [{ name: "data-{username}", emptyDir: {} }] },
      initContainers: [
        { name: "own", image: "busybox", volumeMounts: [{ name: "volume-{user_server}", mountPath: "/h" }] },
      ],
    });
    const spec = specOf(config, null, {}, "user@email.com");
    expect(spec.environment).toMatchObject({ WHO: "user-email-com---0925f997", RAW: "user@email.com" });
    expect(spec.pod.volumes).toEqual([{ name: "data-user-email-com---0925f997", emptyDir: {} }]);
    expect(spec.pod.initContainers[0]).toMatchObject({ volumeMounts: [{ name: spec.home.volumeName }] });
  });

  test("a mapping of profiles is ordered by key, and its slugs come from the names, as in KubeSpawner", () => {
    const config = configWith({
      profileList: { "02-b": { display_name: "Bee" }, "01-a": { display_name: "Ay", slug: "a" } },
    });
    expect(ask(config)).toMatchObject({ profileSlug: "a" });
    expect(ask(config, "bee")).toMatchObject({ ok: true });
    expect(ask(config, "02-b")).toMatchObject({ ok: false });
  });
});

describe("the home", () => {
  test("a profile that replaces the volumes without it has none; one that repeats it keeps it, wherever it is mounted", () => {
    const override = (kubespawner_override: unknown) =>
      specOf(configWith({ profileList: [{ display_name: "P", kubespawner_override }] }));
    expect(override({ volumes: [], volume_mounts: [] }).home.kind).toBe("none");
    const kept = override({
      volumes: [
        { name: "volume-{user_server}", persistentVolumeClaim: { claimName: "claim-{user_server}" } },
        { name: "shm", emptyDir: { medium: "Memory" } },
      ],
      volume_mounts: [
        { name: "volume-{user_server}", mountPath: "/home/rstudio" },
        { name: "shm", mountPath: "/dev/shm" },
      ],
    });
    expect(kept.home).toMatchObject({ kind: "claim", mountPath: "/home/rstudio" });
    expect(kept.pod.volumes).toEqual([{ name: "shm", emptyDir: { medium: "Memory" } }]);
    expect(kept.pod.volumeMounts).toEqual([{ name: "shm", mountPath: "/dev/shm" }]);
  });

  test("static storage is one claim and a folder in it that stays in it", () => {
    const storage = (subPath: string) =>
      configWith({ storage: { type: "static", static: { pvcName: "homes", subPath } } });
    expect(specOf(storage("home/{username}")).home).toMatchObject({
      kind: "static",
      staticClaim: { name: "homes", subPath: "home/ana" },
    });
    expect(ask(storage("{unescaped_username}"), null, {}, "../bob")).toMatchObject({
      ok: false,
      problem: { field: "volumes" },
    });
    expect(ask(storage("{username}"), null, {}, "../bob")).toMatchObject({ ok: true });
  });

  test("none is none", () => expect(specOf(configWith({ storage: { type: "none" } })).home.kind).toBe("none"));
});

describe("S-40 only what a profile offers has an effect", () => {
  const foreign = [
    "image_spec",
    "kubespawner_override",
    "node_selector",
    "volumes",
    "serviceAccount",
    "privileged",
    "extraPodConfig",
    "initContainers",
    "env",
    "LD_PRELOAD",
    "__proto__",
    "constructor",
    "toString",
    "profile",
    "image--unlisted-choice--x",
  ];

  test.each(foreign)("S-40 the option %s is refused by name", (key) => {
    const options = JSON.parse(`{${JSON.stringify(key)}: "x"}`);
    expect(problemOf(demo, "demo-1", options)).toMatchObject({ field: key });
    expect(problemOf(demo, "demo-2", options)).toMatchObject({ field: key });
  });

  test.each(["nope", "__proto__", "constructor", "BASE", "base "])("S-40 the choice %j is refused", (choice) => {
    expect(problemOf(demo, "demo-1", { image: choice })).toMatchObject({ field: "image" });
  });

  test("S-40 an image of one profile isn't an option of another, and a profile is known by its slug alone", () => {
    expect(problemOf(demo, "demo-2", { image: "base" })).toMatchObject({ field: "image" });
    for (const profile of ["0", "1", "Demo - profile_list entry 2", "demo-3", "__proto__"])
      expect(problemOf(demo, profile, {})).toMatchObject({ field: "profile" });
  });
});

describe("a value the user types", () => {
  const typed = (value: string) => problemOf(demo, "demo-1", { "image--unlisted-choice": value });

  test("takes effect where the rule matches, also beside the form's own mark", () => {
    expect(specOf(demo, "demo-1", { "image--unlisted-choice": "jupyter/x:1" }).pod.image).toBe("jupyter/x:1");
    const resolved = ask(demo, "demo-1", { image: "unlisted-choice", "image--unlisted-choice": "jupyter/x:1" });
    expect(resolved).toMatchObject({ ok: true, options: { "image--unlisted-choice": "jupyter/x:1" } });
    expect(ask(demo, "demo-1", { image: "base", "image--unlisted-choice": "" })).toMatchObject({
      ok: true,
      options: { image: "base" },
    });
  });

  test("is refused with the profile's own message, beside a choice, or where none is asked for", () => {
    expect(typed("evil/x:1")).toEqual({
      kind: "invalid",
      field: "image--unlisted-choice",
      message: "Must be an image matching ^jupyter/<name>:<tag>$",
    });
    expect(problemOf(demo, "demo-1", { image: "base", "image--unlisted-choice": "jupyter/x:1" })).toMatchObject({
      field: "image--unlisted-choice",
    });
    expect(problemOf(demo, "demo-1", { image: "unlisted-choice" })).toMatchObject({ field: "image--unlisted-choice" });
  });

  const open = (
    pattern: string | undefined,
    override: unknown = { image: "{value}" },
    backend: "local" | "kubernetes" = "kubernetes",
  ) =>
    configWith(
      {
        profileList: [
          {
            display_name: "P",
            profile_options: {
              o: {
                display_name: "O",
                unlisted_choice: {
                  enabled: true,
                  ...(pattern === undefined ? {} : { validation_regex: pattern }),
                  kubespawner_override: override,
                },
              },
            },
          },
        ],
      },
      backend,
    );
  const withValue = (config: Config, value: string) => ask(config, "p", { "o--unlisted-choice": value });

  test.each([
    "quay.io/org/a:v1@sha256:evil",
    "quay.io/org/a:v1\n",
    "quay.io/org/a:v1 ",
    "xquay.io/org/a:v1",
    "quay.io/org/a:v1\nquay.io/org/b:v1",
    "good\n.evil",
  ])("S-42 %j doesn't match the rule quay.io/org/.*:v1, which holds for the whole value", (value) => {
    for (const pattern of ["quay.io/org/.*:v1", "^quay.io/org/.*:v1", "quay.io/org/.*:v1$", "^quay.io/org/.*:v1$"])
      expect(withValue(open(pattern), value)).toMatchObject({ ok: false });
    expect(withValue(open("quay.io/org/.*:v1"), "quay.io/org/a:v1")).toMatchObject({ ok: true });
  });

  test("S-42 alternatives are anchored as a whole", () => {
    expect(withValue(open("a|b"), "axx")).toMatchObject({ ok: false });
    expect(withValue(open("a|b"), "xxb")).toMatchObject({ ok: false });
  });

  test("S-42 a rule that makes other engines hang answers at once, and 512 characters are the most", () => {
    const config = open("(a+)+$");
    const started = process.cpuUsage();
    expect(withValue(config, `${"a".repeat(511)}!`)).toMatchObject({ ok: false });
    expect(withValue(config, "a".repeat(65536))).toMatchObject({ ok: false });
    const { user, system } = process.cpuUsage(started);
    // A backtracking engine needs 2^511 steps here; half a second of CPU only tells the two apart.
    expect((user + system) / 1000).toBeLessThan(500);
    expect(withValue(config, "a".repeat(512))).toMatchObject({ ok: true });
    expect(withValue(config, "a".repeat(513))).toMatchObject({ ok: false });
  });

  const odd = [
    "{username}",
    "{{",
    "}}",
    "{",
    "\u0024{HOME}",
    "$(SECRET)",
    "$$(SECRET)",
    "a: b",
    "\"'",
    "line\nline",
    "{value}",
    "$&",
    "%s",
    "{pvc_name}",
  ];

  test.each(odd)("S-43 %j goes literally to the one field it was typed for", (value) => {
    const override = { environment: { CHOSEN: "<{value}>", WHO: "{username}" }, extra_labels: { own: "x" } };
    const resolved = withValue(open(undefined, override, "local"), value);
    if (!resolved.ok) throw new Error(resolved.problem.message);
    expect(resolved.spec.environment).toMatchObject({ CHOSEN: `<${value}>`, WHO: "ana" });
    expect(resolved.options).toEqual({ "o--unlisted-choice": value });
    const other = withValue(open(undefined, override, "local"), "plain");
    if (!other.ok) throw new Error(other.problem.message);
    expect({ ...resolved.spec, environment: null }).toEqual({ ...other.spec, environment: null });
    const image = withValue(open(undefined), value);
    expect(image).toMatchObject({ ok: true, spec: { pod: { image: value } } });
  });

  test("S-43 Kubernetes' own $(NAME) is escaped where it would be expanded, and only there", () => {
    const resolved = withValue(
      open(undefined, { environment: { CHOSEN: "$(HOME)/{value}" }, image: "{value}" }),
      "$(SECRET)$$",
    );
    expect(resolved).toMatchObject({
      ok: true,
      spec: { environment: { CHOSEN: "$(HOME)/$$(SECRET)$$$$" }, pod: { image: "$(SECRET)$$" } },
    });
  });

  test.each(odd)("S-43 %j stays literal in the page that is opened and in the app's argument for it", (value) => {
    const local = withValue(open(undefined, { default_url: "/lab/{username}/{value}" }, "local"), value);
    const argument = `--ServerApp.default_url=/lab/ana/${value}`;
    expect(local).toMatchObject({
      ok: true,
      spec: { app: { defaultPath: `lab/ana/${value}`, args: expect.arrayContaining([argument]) } },
    });
    const pod = withValue(open(undefined, { default_url: "/lab/{username}/{value}", image: "{value}" }), value);
    const escaped = value.split("$").join("$$");
    expect(pod).toMatchObject({
      ok: true,
      spec: {
        app: {
          defaultPath: `lab/ana/${value}`,
          args: expect.arrayContaining([`--ServerApp.default_url=/lab/ana/${escaped}`]),
        },
        environment: { JUPYTER_IMAGE: escaped },
      },
    });
  });

  test("S-43 a value can't name what the spawner fills into a command", () => {
    const config = open(undefined, { cmd: ["run", "--x={value}"] });
    expect(withValue(config, "{socket}")).toMatchObject({ ok: false });
    expect(withValue(open(undefined, { default_url: "/{value}" }), "{prefix}")).toMatchObject({ ok: false });
    expect(withValue(config, "a{b}")).toMatchObject({ ok: true, spec: { app: { command: ["run", "--x=a{b}"] } } });
  });

  test("an amount that was typed is checked as one, and the default needs a value", () => {
    const config = open(undefined, { mem_limit: "{value}" });
    expect(withValue(config, "3G")).toMatchObject({ ok: true, spec: { memory: { limitBytes: 3 * 1024 ** 3 } } });
    expect(withValue(config, "lots")).toMatchObject({ ok: false, problem: { field: "o--unlisted-choice" } });
    expect(ask(config, "p", {})).toMatchObject({ ok: false, problem: { field: "o--unlisted-choice" } });
  });
});
