import { describe, expect, test } from "vitest";
import { expand, expandAll, findTemplateProblem, templateNamesFor, templateProblem } from "./template.ts";

const names = templateNamesFor("user@email.com", "", "claim-{user_server}");

describe("KubeSpawner's template strings", () => {
  test("names are filled in as safe slugs, {unescaped_…} as they are", () => {
    expect(expand("volume-{user_server}", names)).toBe("volume-user-email-com---0925f997");
    expect(expand("{unescaped_username} {escaped_username}", names)).toBe("user@email.com user-40email-2ecom");
    expect(expand("{pvc_name}", names)).toBe("claim-user-email-com---0925f997");
  });

  test("doubled braces stand for one, and a hyphen an empty server name leaves goes", () => {
    expect(expand('{{"a": "{username}"}}', templateNamesFor("ana", "", "x"))).toBe('{"a": "ana"}');
    expect(expand("claim-{username}--{servername}", templateNamesFor("ana", "", "x"))).toBe("claim-ana");
    expect(expand("plain-", names)).toBe("plain-");
    expect(expand("plain text-", names)).toBe("plain text-");
  });

  test("S-43 a name that looks like a template is not expanded again", () => {
    const odd = templateNamesFor("{unescaped_servername}", "lab", "x");
    expect(expand("{unescaped_username}", odd)).toBe("{unescaped_servername}");
  });

  test("what can't be filled in is found at load, with its place", () => {
    expect(templateProblem("{userid}")).toContain("{userid}");
    expect(templateProblem('{"a": 1}')).toContain("{{");
    expect(templateProblem("a } b")).toContain("}}");
    expect(findTemplateProblem([{ name: "ok" }, { name: "{oops}" }])?.path).toEqual([1, "name"]);
    expect(findTemplateProblem({ a: ["{username}", 1, null] })).toBeNull();
  });

  test("values are expanded at every depth, keys never", () => {
    expect(
      expandAll({ "{username}": ["{username}", 1, { x: "{servername}" }] }, templateNamesFor("ana", "lab", "x")),
    ).toEqual({
      "{username}": ["ana", 1, { x: "lab" }],
    });
  });
});
