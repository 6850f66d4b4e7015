import { describe, expect, test } from "vitest";
import { ObjectCache } from "./object-cache.ts";
import { compareVersions } from "./resource-version.ts";

const object = (uid: string, resourceVersion: string) => ({ metadata: { uid, resourceVersion } });

function cacheWithWords() {
  const words: string[] = [];
  const cache = new ObjectCache<ReturnType<typeof object>, string>(
    ({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`,
    {
      added: (item) => void words.push(`+${item}`),
      modified: (item) => void words.push(`~${item}`),
      deleted: (item) => void words.push(`-${item}`),
    },
  );
  return { cache, words };
}

describe("the object cache", () => {
  test("R-09: an object never goes back in time, whatever brings the older version", () => {
    const { cache, words } = cacheWithWords();
    cache.put(object("a", "10"));
    cache.put(object("a", "9"));
    cache.put(object("a", "10"));
    cache.reset([object("a", "8")], "12");
    expect(words).toEqual(["+a@10"]);
  });

  test("R-09: what was deleted does not come back by an event that is late", () => {
    const { cache, words } = cacheWithWords();
    cache.put(object("a", "10"));
    cache.remove(object("a", "12"));
    cache.put(object("a", "11"));
    expect(words).toEqual(["+a@10", "-a@10"]);
    expect(cache.size).toBe(0);
  });

  test("F-07: a list tells what went before what came, because a name may have been used again", () => {
    const { cache, words } = cacheWithWords();
    cache.put(object("old", "10"));
    cache.reset([object("new", "20")], "21");
    expect(words).toEqual(["+old@10", "-old@10", "+new@20"]);
  });

  test("versions are compared as numbers of any size, not as text", () => {
    expect(compareVersions("9", "10")).toBeLessThan(0);
    expect(compareVersions("18446744073709551616", "18446744073709551615")).toBeGreaterThan(0);
    expect(compareVersions("7", "7")).toBe(0);
  });
});
