import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runBerth } from "#tests/command-line.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-config-"));
const home = path.join(folder, "home");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const file = path.join(folder, "berth.yaml");
  writeFileSync(file, text);
  return file;
}

const berth = (file: string, ...args: string[]) =>
  runBerth([...args, "--config", file, "--home", home], {
    environment: { BERTH_HUB_SUBDOMAIN_HOST: "users.example.org" },
  });

/** Each mistake, and the one line that must name it. */
const mistakes: readonly [what: string, yaml: string, line: RegExp][] = [
  [
    "an unknown key",
    "hub:\n  publicURL: https://hub.example.org\n",
    /^berth\.yaml:2:3 {2}hub\.publicURL: There is no such key\. Did you mean “publicUrl”\?$/,
  ],
  ["a wrong type", "cull:\n  timeout: soon\n", /^berth\.yaml:2:12 {2}cull\.timeout: This must be a (whole )?number\.$/],
  [
    "a bad quantity",
    "singleuser:\n  memory:\n    limit: 2 lots\n",
    /^berth\.yaml:3:12 {2}singleuser\.memory\.limit: .+$/,
  ],
  [
    "an empty profile list",
    "singleuser:\n  profileList: []\n",
    /^berth\.yaml:2:16 {2}singleuser\.profileList: The list has no profile\. Add one, .+$/,
  ],
  [
    "a regular expression that doesn't compile",
    [
      "singleuser:",
      "  profileList:",
      "    - display_name: One",
      "      profile_options:",
      "        image:",
      "          display_name: Image",
      "          unlisted_choice: {enabled: true, display_name: Other, validation_regex: '(', kubespawner_override: {image: '{value}'}}",
      "",
    ].join("\n"),
    /^berth\.yaml:7:\d+ {2}singleuser\.profileList\[0\]\.profile_options\.image\.unlisted_choice\.validation_regex: .+$/,
  ],
];

describe("Done-when 7: a wrong configuration", () => {
  test.each(mistakes)(
    "%s gives one message with its line, exit 2, and nothing is started",
    async (_what, yaml, line) => {
      const file = written(yaml);
      for (const command of [["serve"], ["config", "validate"]]) {
        const { code, out, err } = await berth(file, ...command);
        const [first, ...rest] = err.trimEnd().split("\n");
        expect({ code, out, rest }).toEqual({
          code: 2,
          out: "",
          rest: ["Nothing was started. Correct this problem, then try again."],
        });
        expect(first).toMatch(line);
      }
      expect(existsSync(home)).toBe(false);
    },
  );

  test("all mistakes are said at once, and as JSON for programs", async () => {
    const file = written("hub:\n  publicURL: x\ncull:\n  timeout: soon\nsingleuser:\n  profileList: []\n");
    const text = await berth(file, "config", "validate");
    expect(text.err.trimEnd().split("\n")).toHaveLength(4);
    const json = await berth(file, "config", "validate", "-o", "json");
    expect(json).toMatchObject({ code: 2, err: "" });
    const answer: { ok: boolean; problems: { line: number }[] } = JSON.parse(json.out);
    expect(answer.ok).toBe(false);
    expect(answer.problems.map(({ line }) => line).sort()).toEqual([2, 4, 6]);
  });

  test("a file that isn't there is said, not taken for an empty one", async () => {
    const { code, err } = await berth(path.join(folder, "none.yaml"), "serve");
    expect(code).toBe(2);
    expect(err).toMatch(/There is no file “.*none\.yaml”\./);
  });

  test("a port that isn't one is wrong usage, as a flag and as a variable", async () => {
    const flag = await runBerth(["serve", "--port", "http", "--home", home]);
    expect(flag).toMatchObject({ code: 2, err: expect.stringMatching(/A port is a number from 1 to 65535/) });
    const variable = await runBerth(["serve", "--home", home], { environment: { BERTH_PORT: "http" } });
    expect(variable).toMatchObject({ code: 2, err: expect.stringMatching(/BERTH_PORT {2}proxy\.listen: /) });
    expect(existsSync(home)).toBe(false);
  });
});

describe("a right configuration", () => {
  const right = "auth:\n  dummy: {enabled: true, password: open sesame}\ncull:\n  timeout: 7200\n";

  test("validate says so, show prints it whole and without a secret", async () => {
    const file = written(right);
    expect(await berth(file, "config", "validate")).toEqual({ code: 0, out: `${file} is fine.\n`, err: "" });
    const shown = await berth(file, "config", "show", "-o", "json");
    expect(JSON.parse(shown.out)).toMatchObject({
      cull: { timeout: 7200, every: 60 },
      hub: { subdomainHost: "users.example.org" },
      auth: { dummy: { password: "[redacted]" } },
    });
    expect((await berth(file, "config", "show")).out).not.toContain("sesame");
  });

  test("schema prints a JSON Schema that names every section", async () => {
    const schema = JSON.parse((await berth(written(right), "config", "schema")).out);
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(["hub", "proxy", "singleuser", "cull"]));
    expect(schema.additionalProperties).toBe(false);
  });
});
