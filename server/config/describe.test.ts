import { describe, expect, test } from "vitest";
import { configJsonSchema, printConfig } from "./describe.ts";
import { variableFor } from "./environment.ts";
import { configSchemaTree, leavesOf } from "./json-schema.ts";
import { configReference } from "./reference.ts";
import { Config } from "./schema.ts";

describe("the configuration, shown", () => {
  test("no secret is in it, wherever it stands", () => {
    const config = Config.parse({
      hub: { db: { url: "postgres://u:hunter2@h/d" }, internal: { edgeKey: "hunter2", webKey: "hunter2" } },
      auth: {
        dummy: { enabled: true, password: "hunter2" },
        oidc: [
          {
            id: "campus",
            displayName: "C",
            issuer: "https://x.org",
            clientId: "c",
            clientSecret: "hunter2",
            allowAll: true,
          },
        ],
        github: { clientId: "c", clientSecret: "hunter2", allowAll: true },
      },
      singleuser: {
        extraEnv: { API_TOKEN: "hunter2" },
        profileList: [
          { display_name: "A", kubespawner_override: { environment: { DB_PASSWORD: "hunter2", EDITOR: "vim" } } },
        ],
      },
    });
    for (const format of ["yaml", "json"] as const) {
      const text = printConfig(config, format);
      expect(text).not.toContain("hunter2");
      expect(text).toContain("vim");
      expect(text.match(/\[redacted\]/g)).toHaveLength(8);
    }
  });

  test("shown as YAML and read again it is the same, but for the secrets", () => {
    const config = Config.parse({
      singleuser: { profileList: [{ display_name: "A", kubespawner_override: { cmd: null } }] },
    });
    expect(JSON.parse(printConfig(config, "json"))).toEqual(JSON.parse(JSON.stringify(config)));
  });
});

describe("made from the one schema", () => {
  test("the JSON Schema is closed at every section, and a mistyped key is outside it", () => {
    const schema = configSchemaTree();
    expect(configJsonSchema().$schema).toContain("json-schema.org");
    expect(schema.additionalProperties).toBe(false);
    for (const section of Object.values(schema.properties ?? {}))
      if (section.properties !== undefined) expect(section.additionalProperties).toBe(false);
  });

  test("no two keys share a variable", () => {
    const variables = leavesOf(configSchemaTree()).map(({ path }) => variableFor(path));
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toContain("BERTH_HUB_PUBLIC_URL");
    expect(variables).toContain("BERTH_SINGLEUSER_STORAGE_DYNAMIC_PVC_NAME_TEMPLATE");
  });

  test("the reference page has every section and every key", () => {
    const page = configReference();
    for (const { path } of leavesOf(configSchemaTree())) expect(page).toContain(`\`${path.join(".")}\``);
    expect(page).toContain('`singleuser.memory.limit`<br>`BERTH_SINGLEUSER_MEMORY_LIMIT` | text or number | `"2G"`');
    expect(page).toContain("`auth.oidc[].allowedGroups`");
  });
});
