import { describe, expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { cleanDescription, profileViews } from "./view.ts";

const config = Config.parse({
  spawner: { type: "kubernetes" },
  singleuser: {
    profileList: [
      { display_name: "Small", description: "<b>Plain</b>" },
      {
        display_name: "Big",
        default: true,
        kubespawner_override: { mem_limit: "8G" },
        profile_options: {
          gpu: {
            display_name: "GPU",
            choices: {
              none: { display_name: "None" },
              two: {
                display_name: "Two",
                kubespawner_override: { extra_resource_limits: { "nvidia.com/gpu": 2 }, cpu_limit: 4 },
              },
            },
          },
          image: {
            display_name: "Image",
            unlisted_choice: { enabled: true, validation_regex: "a.*", kubespawner_override: { image: "{value}" } },
          },
        },
      },
    ],
  },
});

describe("the cards of the spawn page", () => {
  test("each profile and each choice is shown with what it comes to", () => {
    const [small, big] = profileViews(config, new Map([["big", 12]]), []);
    expect(small).toMatchObject({
      slug: "small",
      default: false,
      expectedSeconds: null,
      limits: { cpuMillicores: 1000, memoryBytes: 2 * 1024 ** 3, gpus: 0 },
    });
    expect(big).toMatchObject({
      slug: "big",
      default: true,
      expectedSeconds: 12,
      limits: { memoryBytes: 8 * 1024 ** 3, gpus: 0 },
    });
    expect(big?.options[0]?.choices).toEqual([
      {
        slug: "none",
        displayName: "None",
        default: true,
        limits: { cpuMillicores: 1000, memoryBytes: 8 * 1024 ** 3, gpus: 0 },
        denied: null,
        deprecated: null,
      },
      {
        slug: "two",
        displayName: "Two",
        default: false,
        limits: { cpuMillicores: 4000, memoryBytes: 8 * 1024 ** 3, gpus: 2 },
        denied: null,
        deprecated: null,
      },
    ]);
    expect(big?.options[1]).toMatchObject({
      choices: [],
      unlisted: { displayName: "Image", displayNameInChoices: "Other...", pattern: "a.*", message: "" },
    });
  });

  test("without a profile list there is one card", () =>
    expect(profileViews(Config.parse({}), new Map(), [])).toHaveLength(1));
});

describe("a description is words and links, whatever was written", () => {
  test.each([
    ["<script>alert(1)</script>x", "x"],
    ['<img src=x onerror="alert(1)">x', "x"],
    ['<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer" target="_blank">x</a>'],
    ['<a href="//evil.example">x</a>', '<a rel="noopener noreferrer" target="_blank">x</a>'],
    [
      '<a href="https://example.org" onclick="x()">y</a>',
      '<a href="https://example.org" rel="noopener noreferrer" target="_blank">y</a>',
    ],
    ['<p style="position:fixed" class="x" id="y">z</p>', "<p>z</p>"],
    ["<form action=/><input name=password></form>x", "x"],
    ["<svg><style>*{}</style></svg>x", "x"],
    ["Python, R &amp; Julia <b>new</b>", "Python, R &amp; Julia <b>new</b>"],
  ])("%s", (written, shown) => expect(cleanDescription(written)).toBe(shown));
});
