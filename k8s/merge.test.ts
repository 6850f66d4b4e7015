import { describe, expect, test } from "vitest";
import { mergeObjects } from "./merge.ts";

describe("overrides laid over a manifest", () => {
  test("objects are merged key by key, and neither side is changed", () => {
    const base = { a: { x: 1, y: 2 }, b: "kept" };
    const changes = { a: { y: 3, z: 4 } };
    expect(mergeObjects(base, changes)).toEqual({ a: { x: 1, y: 3, z: 4 }, b: "kept" });
    expect(base).toEqual({ a: { x: 1, y: 2 }, b: "kept" });
    expect(changes).toEqual({ a: { y: 3, z: 4 } });
  });

  test("null removes a key", () => {
    expect(mergeObjects({ a: 1, b: 2 }, { a: null })).toEqual({ b: 2 });
  });

  test("a variable or volume of the same name is replaced whole, others stay", () => {
    const base = {
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    };
    const changes = {
      env: [
        { name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "C", value: "3" },
      ],
    };
    expect(mergeObjects(base, changes)).toEqual({ env: [changes.env[0], base.env[1], changes.env[1]] });
  });

  test("two mounts of one volume are two mounts", () => {
    const base = { volumeMounts: [{ name: "home", mountPath: "/home" }] };
    const changes = { volumeMounts: [{ name: "home", mountPath: "/shared", subPath: "s" }] };
    expect(mergeObjects(base, changes)).toEqual({ volumeMounts: [...base.volumeMounts, ...changes.volumeMounts] });
  });

  test("a container of the same name is merged inside", () => {
    const base = { containers: [{ name: "notebook", image: "a", stdin: false }] };
    expect(mergeObjects(base, { containers: [{ name: "notebook", stdin: true }] })).toEqual({
      containers: [{ name: "notebook", image: "a", stdin: true }],
    });
  });

  test("lists of anything else are replaced", () => {
    expect(mergeObjects({ args: ["a", "b"] }, { args: ["c"] })).toEqual({ args: ["c"] });
    expect(mergeObjects({ tolerations: [{ key: "a" }] }, { tolerations: [{ key: "b" }] })).toEqual({
      tolerations: [{ key: "b" }],
    });
  });
});
