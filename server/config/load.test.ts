import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ConfigInput, type ConfigProblem, loadConfig, printProblems } from "./load.ts";
import type { Config } from "./schema.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(yaml: string, rest: Partial<ConfigInput> = {}) {
  const file = join(folder, "berth.yaml");
  writeFileSync(file, yaml);
  return loadConfig({ file, environment: {}, ...rest });
}

function problemsOf(yaml: string, rest: Partial<ConfigInput> = {}): readonly ConfigProblem[] {
  const result = load(yaml, rest);
  return result.ok ? [] : result.problems;
}

function configOf(yaml: string, rest: Partial<ConfigInput> = {}): Config {
  const result = load(yaml, rest);
  if (!result.ok) throw new Error(printProblems(result.problems));
  return result.config;
}

describe("a wrong berth.yaml ends the start with one message for each mistake", () => {
  test.each([
    ["an unknown key", "singleuser:\n  memroy: {}\n", "singleuser.memroy", 2, 3, "no such key"],
    ["a wrong type", "hub:\n  sessionSeconds: soon\n", "hub.sessionSeconds", 2, 19, "a number"],
    ["a bad quantity", "singleuser:\n  memory:\n    limit: 2X\n", "singleuser.memory.limit", 3, 12, "amount of memory"],
    ["an empty profile list", "singleuser:\n  profileList: []\n", "singleuser.profileList", 2, 16, "no profile"],
    ["an empty profile mapping", "singleuser:\n  profileList: {}\n", "singleuser.profileList", 2, 16, "no profile"],
    [
      "a regex that doesn't compile",
      'singleuser:\n  profileList:\n    - display_name: A\n      profile_options:\n        image:\n          display_name: I\n          unlisted_choice:\n            enabled: true\n            validation_regex: "("\n',
      "singleuser.profileList[0].profile_options.image.unlisted_choice.validation_regex",
      9,
      31,
      "doesn't compile",
    ],
    [
      "a limit set to nothing",
      "singleuser:\n  cpu:\n    limit: null\n",
      "singleuser.cpu.limit",
      3,
      12,
      "must be text or a number",
    ],
    ["a key said twice", "hub:\n  trustedUsers: true\n  trustedUsers: false\n", "", 3, 3, "not valid YAML"],
    ["a file that is a list", "- a\n", "", 1, 1, "keys and values"],
  ])("%s", (_what, yaml, path, line, column, words) => {
    const problems = problemsOf(yaml);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, line, column, source: "berth.yaml" });
    expect(problems[0]?.message).toContain(words);
  });

  test("S-22 a misspelt or renamed key is refused and the nearest one named", () => {
    const yaml =
      "auth:\n  github:\n    clientId: x\n    clientSecret: y\n    allowedOrganisations: [uni]\n    allowAll: true\n";
    expect(problemsOf(yaml)).toMatchObject([
      { path: "auth.github.allowedOrganisations", line: 5, hint: "allowedOrganizations" },
    ]);
  });

  test("every mistake is told at once, in the order of the file", () => {
    const yaml =
      "hub:\n  sessionSecond: 1\nproxy:\n  listen: 0.0.0.0:80\nedge:\n  offlineSeconds: 1\nsingleuser:\n  cpu:\n    limit: many\n";
    const text = printProblems(problemsOf(yaml));
    expect(text.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "berth.yaml:2:3",
      "berth.yaml:4:11",
      "berth.yaml:6:19",
      "berth.yaml:9:12",
    ]);
    expect(text).toContain("Did you mean “sessionSeconds”?");
  });

  test("a file that isn't there is a problem, no file at all is the defaults", () => {
    expect(loadConfig({ file: join(folder, "nowhere.yaml"), environment: {} })).toMatchObject({ ok: false });
    expect(loadConfig({ environment: {} })).toMatchObject({ ok: true, source: { file: null, overrides: [] } });
  });

  test("aliases that unfold without end are refused", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[..."bcdefg"].map((key, index) => `${key}: &${key} [${Array(10).fill(`*${"abcdef"[index]}`).join(",")}]`).join("\n")}\n`;
    expect(problemsOf(bomb)[0]?.message).toContain("aliases");
  });
});

describe("where a setting comes from", () => {
  test("defaults, then file, then environment, then flags", () => {
    expect(configOf("").hub.sessionSeconds).toBe(14 * 86400);
    const yaml = "hub:\n  sessionSeconds: 400\n  trustedUsers: true\n";
    expect(configOf(yaml).hub.sessionSeconds).toBe(400);
    const environment = { BERTH_HUB_SESSION_SECONDS: "500", BERTH_PROXY_TRUSTED_PROXIES: "10.1.0.0/16, 10.2.0.1" };
    expect(configOf(yaml, { environment })).toMatchObject({
      hub: { sessionSeconds: 500, trustedUsers: true },
      proxy: { trustedProxies: ["10.1.0.0/16", "10.2.0.1"] },
    });
    expect(configOf(yaml, { environment, flags: { hub: { sessionSeconds: 600 } } }).hub.sessionSeconds).toBe(600);
  });

  test("BERTH_PORT changes the port alone; the link Kubernetes makes for a service called berth is left aside", () => {
    expect(configOf("proxy:\n  listen: localhost:1\n", { environment: { BERTH_PORT: "9000" } }).proxy.listen).toBe(
      "localhost:9000",
    );
    const links = {
      BERTH_PORT: "tcp://10.0.0.1:80",
      BERTH_HUB_SERVICE_HOST: "10.0.0.1",
      BERTH_HUB_PORT: "tcp://10.0.0.1:80",
      BERTH_HUB_PORT_80_TCP_ADDR: "10.0.0.1",
    };
    expect(configOf("", { environment: links }).proxy.listen).toBe("127.0.0.1:8000");
  });

  test("a misspelt variable is refused like a misspelt key", () => {
    expect(problemsOf("", { environment: { BERTH_HUB_PUBLIC_URI: "https://x.org" } })).toMatchObject([
      { source: "BERTH_HUB_PUBLIC_URI", line: null, hint: "BERTH_HUB_PUBLIC_URL" },
    ]);
    expect(problemsOf("", { environment: { BERTH_HUB_SESSION_SECONDS: "soon" } })).toMatchObject([
      { source: "BERTH_HUB_SESSION_SECONDS", path: "hub.sessionSeconds" },
    ]);
  });

  test("an empty section is as good as none", () =>
    expect(configOf("hub:\nproxy:\n").proxy.listen).toBe("127.0.0.1:8000"));
});

describe("secrets", () => {
  test("are read from <key>File, relative to the configuration, and from the environment's _FILE", () => {
    writeFileSync(join(folder, "secret"), "s3cret\n");
    const github = "auth:\n  github:\n    clientId: x\n    allowAll: true\n";
    expect(configOf(`${github}    clientSecretFile: secret\n`).auth.github?.clientSecret).toBe("s3cret");
    const environment = { BERTH_AUTH_GITHUB_CLIENT_SECRET_FILE: join(folder, "secret") };
    expect(configOf(github, { environment }).auth.github?.clientSecret).toBe("s3cret");
    expect(
      configOf(`${github}    clientSecretFile: gone\n`, { environment: { BERTH_AUTH_GITHUB_CLIENT_SECRET: "other" } })
        .auth.github?.clientSecret,
    ).toBe("other");
    expect(configOf("", { environment: { DATABASE_URL: "postgres://u:p@h/d" } }).hub.db.url).toBe("postgres://u:p@h/d");
  });

  test("in a list are found too; a file that is missing, empty or doubled is a problem with its line", () => {
    const oidc =
      "auth:\n  oidc:\n    - id: campus\n      displayName: Campus\n      issuer: https://idp.example.org\n      clientId: x\n      allowAll: true\n";
    writeFileSync(join(folder, "secret"), "s3cret");
    expect(configOf(`${oidc}      clientSecretFile: secret\n`).auth.oidc[0]?.clientSecret).toBe("s3cret");
    expect(problemsOf(`${oidc}      clientSecretFile: gone\n`)).toMatchObject([
      { path: "auth.oidc[0].clientSecretFile", line: 8 },
    ]);
    writeFileSync(join(folder, "empty"), "\n");
    expect(problemsOf(`${oidc}      clientSecretFile: empty\n`)[0]?.message).toContain("empty");
    expect(problemsOf(`${oidc}      clientSecretFile: secret\n      clientSecret: x\n`)[0]?.message).toContain(
      "both set",
    );
  });
});

describe("z2jh's own words work", () => {
  test("the example of z2jh's guide is read as it stands, with its profile list", () => {
    const config = configOf(`singleuser:
  # Defines the default image
  image:
    name: jupyter/minimal-notebook
    tag: 2343e33dec46
  profileList:
    - display_name: "Minimal environment"
      description: "To avoid too much bells and whistles: Python."
      default: true
    - display_name: "Datascience environment"
      description: "If you want the additional bells and whistles: Python, R, and Julia."
      kubespawner_override:
        image: jupyter/datascience-notebook:2343e33dec46
    - display_name: "Spark environment"
      description: "The Jupyter Stacks spark image!"
      kubespawner_override:
        image: jupyter/all-spark-notebook:2343e33dec46
    - display_name: "Learning Data Science"
      description: "Datascience Environment with Sample Notebooks"
      kubespawner_override:
        image: jupyter/datascience-notebook:2343e33dec46
        lifecycle_hooks:
          postStart:
            exec:
              command:
                - "sh"
                - "-c"
                - >
                  gitpuller https://github.com/data-8/materials-fa17 master materials-fa;
`);
    expect(config.singleuser.profileList).toHaveLength(4);
  });

  test("a mistake in the third profile is told with its own line", () => {
    const yaml =
      "singleuser:\n  profileList:\n    - display_name: A\n    - display_name: B\n    - display_name: C\n      kubespawner_override:\n        mem_limit: lots\n        environment:\n          X: '{nobody}'\n";
    expect(problemsOf(yaml)).toMatchObject([
      { path: "singleuser.profileList[2].kubespawner_override.mem_limit", line: 7 },
    ]);
    expect(problemsOf(yaml.replace("lots", "2G"))).toMatchObject([
      { path: "singleuser.profileList[2].kubespawner_override.environment.X", line: 9 },
    ]);
  });

  test("profiles with one slug, two defaults or no slug are refused", () => {
    const list = (entries: string) =>
      problemsOf(`singleuser:\n  profileList:\n${entries}`).map((problem) => problem.message);
    expect(list("    - display_name: A b\n    - display_name: a-B\n")[0]).toContain("slug “a-b”");
    expect(list("    - {display_name: A, default: true}\n    - {display_name: B, default: true}\n")[0]).toContain(
      "Only one profile",
    );
    expect(list("    - display_name: 数据\n")[0]).toContain("No slug");
  });

  test("a profile that drops the home, and a rule without an end, start with a warning", () => {
    const result = load(
      'singleuser:\n  profileList:\n    - display_name: A\n      kubespawner_override:\n        volumes: []\n        volume_mounts: []\n      profile_options:\n        image:\n          display_name: I\n          choices: {a: {display_name: A}}\n          unlisted_choice: {enabled: true, validation_regex: "quay.io/.*:v1", kubespawner_override: {image: "{value}"}}\n',
    );
    if (!result.ok) throw new Error(printProblems(result.problems));
    expect(result.warnings.map((warning) => [warning.path.split(".").at(-1), warning.line])).toEqual([
      ["volumes", 5],
      ["validation_regex", 11],
    ]);
  });
});
