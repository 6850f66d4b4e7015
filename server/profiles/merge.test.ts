import { describe, expect, test } from "vitest";
import { applyOverride } from "./merge.ts";

describe("an override over the settings, KubeSpawner's way", () => {
  test("mappings merge recursively, lists and plain values replace", () => {
    const settings = { environment: { A: "1", deep: { x: 1, y: 2 } }, tolerations: [{ key: "a" }], image: "a" };
    const override = { environment: { B: "2", deep: { y: 3 } }, tolerations: [{ key: "b" }], image: "b" };
    expect(applyOverride(settings, override)).toEqual({
      environment: { A: "1", B: "2", deep: { x: 1, y: 3 } },
      tolerations: [{ key: "b" }],
      image: "b",
    });
  });

  test("null removes a key of a mapping, and stands for None elsewhere", () => {
    expect(
      applyOverride({ environment: { A: "1", B: "2" }, cmd: ["x"] }, { environment: { A: null }, cmd: null }),
    ).toEqual({
      environment: { B: "2" },
      cmd: null,
    });
  });

  test("a mapping over a list replaces it, and a list over a mapping too", () => {
    expect(applyOverride({ volumes: [1], tolerations: { a: 1 } }, { volumes: { a: 1 }, tolerations: [1] })).toEqual({
      volumes: { a: 1 },
      tolerations: [1],
    });
  });

  test("neither argument changes", () => {
    const settings = Object.freeze({ environment: Object.freeze({ A: "1" }) });
    applyOverride(settings, Object.freeze({ environment: Object.freeze({ B: "2" }) }));
    expect(settings).toEqual({ environment: { A: "1" } });
  });

  test("a key called __proto__ is a key like any other", () => {
    const merged = applyOverride(
      { environment: {} },
      { environment: JSON.parse('{"__proto__": {"polluted": "yes"}}') },
    );
    expect(Object.hasOwn(merged.environment as object, "__proto__")).toBe(true);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});
