import { describe, expect, test } from "vitest";
import { checkConfig } from "./checks.ts";
import { printConfig } from "./describe.ts";
import { ExtraFiles, filesOf } from "./extra-files.ts";
import { pathText } from "./problem.ts";
import { Config } from "./schema.ts";
import { findingsFrom } from "./sentences.ts";

const file = (rest: Record<string, unknown>) => ({ mountPath: "/etc/a.json", stringData: "", ...rest });
const messagesOf = (files: Record<string, unknown>) => {
  const parsed = ExtraFiles.safeParse(files);
  return parsed.success ? [] : findingsFrom(parsed.error.issues).map(({ message }) => message);
};
const textOf = (mountPath: string, data: unknown) =>
  filesOf(ExtraFiles.parse({ one: { mountPath, data } }))[0]?.content.toString("utf8");

describe("what is in a file that every server finds in place", () => {
  test("data is written as the path's ending says, text and base64 as they are", () => {
    const data = { a: { b: [1, true] } };
    expect(textOf("/etc/a.json", data)).toBe('{\n  "a": {\n    "b": [\n      1,\n      true\n    ]\n  }\n}\n');
    for (const path of ["/etc/a.yaml", "/etc/a.yml"])
      expect(textOf(path, data)).toBe("a:\n  b:\n    - 1\n    - true\n");
    const files = ExtraFiles.parse({
      later: { mountPath: "/b", binaryData: "AP8C\n/w==\n", mode: "0400" },
      early: { mountPath: "/a", stringData: "hé\n" },
    });
    expect(filesOf(files)).toEqual([
      { path: "/a", mode: 0o644, content: Buffer.from("hé\n") },
      { path: "/b", mode: 0o400, content: Buffer.from([0, 255, 2, 255]) },
    ]);
  });

  test("text that Python's YAML would read as something else is quoted", () => {
    expect(textOf("/a.yaml", { on: "yes", day: "2026-11-23" })).toBe('"on": "yes"\nday: "2026-11-23"\n');
  });

  test.each([
    ["toml from data", { mountPath: "/a.toml", stringData: undefined, data: {} }, "“stringData”"],
    ["an ending objects have by themselves", { mountPath: "/a.constructor", stringData: undefined, data: {} }, ".json"],
    ["no content", { stringData: undefined }, "one of “data”"],
    ["two contents", { binaryData: "" }, "one of “data”"],
    ["no base64", { stringData: undefined, binaryData: "QUJ" }, "base64"],
    ["an unknown key", { text: "a" }, "no such key"],
  ])("%s is refused", (_what, rest, words) => {
    const messages = messagesOf({ one: file(rest) });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(words);
  });

  test.each(["a.json", "/", "/a/", "/a//b", "/a/../b", "/a/.", "/a:b"])("the path %s is refused", (mountPath) => {
    expect(messagesOf({ one: file({ mountPath }) })).toEqual([expect.stringContaining("whole path of a file")]);
  });

  test("two files in one place are refused, and more than a Secret holds", () => {
    expect(messagesOf({ one: file({}), two: file({}) })).toEqual([expect.stringContaining("same “mountPath”")]);
    const half = "x".repeat(450 * 1024);
    const two = (text: string) => ({
      one: file({ stringData: half }),
      two: file({ mountPath: "/b", stringData: text }),
    });
    expect(messagesOf(two(half))).toEqual([]);
    expect(messagesOf(two(`${half}x`))).toEqual([expect.stringContaining("900 KiB")]);
  });
});

describe("who may read it", () => {
  const modeOf = (mode: unknown) => {
    const parsed = ExtraFiles.safeParse({ one: file({ mode }) });
    return parsed.success ? filesOf(parsed.data)[0]?.mode : "refused";
  };

  test("is written in quotes, or is the number that Helm makes of it", () => {
    for (const mode of ["0644", "644", "0o644", 0o644]) expect(modeOf(mode)).toBe(0o644);
    for (const mode of [0o400, 0o440, 0o444, 0o500, 0o555, 0o600, 0o640, 0o664, 0o750, 0o755, 0o770, 0o777])
      expect(modeOf(mode)).toBe(mode);
  });

  test("is refused, never guessed, where berth.yaml made a decimal number of it", () => {
    for (const mode of [400, 440, 444, 500, 550, 555, 600, 640, 644, 664, 700, 750, 755, 770, 777, -1, 0])
      expect(modeOf(mode)).toBe("refused");
    expect(messagesOf({ one: file({ mode: 644 }) })).toEqual([expect.stringContaining('"0644"')]);
  });
});

describe("the configuration that has files", () => {
  const config = (type: string) =>
    Config.parse({
      spawner: { type },
      singleuser: {
        extraFiles: {
          one: { mountPath: "/a", stringData: "hunter2" },
          two: { mountPath: "/b.json", data: { password: "hunter2" } },
          three: { mountPath: "/c.json", data: ["hunter2"] },
          four: { mountPath: "/d", binaryData: "hunter2=" },
        },
      },
    });

  test("is refused on one machine, whose servers share its files", () => {
    const found = (type: string) => checkConfig(config(type), new Set()).map(({ path }) => pathText(path));
    expect(found("local")).toEqual(["singleuser.extraFiles"]);
    expect(found("kubernetes")).toEqual([]);
  });

  test("is shown without what is in them", () => {
    const text = printConfig(config("kubernetes"), "yaml");
    expect(text).not.toContain("hunter2");
    expect(text).toContain("mountPath: /b.json");
  });
});
