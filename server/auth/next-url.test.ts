import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeNext } from "./next-url.ts";

const base = "https://hub.example.org";
const fallback = "/hub/home";

/** The families of oauth2-proxy's openredirects.txt and JupyterHub's matrix, put together instead of listed. */
const hosts = [
  "evil.example",
  "hub.example.org@evil.example",
  "evil.example%E3%80%82org",
  "https:///evil.example",
  "0xd83ad6ce",
  "[::ffff:216.58.214.206]",
];
const starts = [
  "//",
  "///",
  "////",
  "/////",
  "/\\",
  "\\/",
  "\\\\",
  "\\\\\\\\",
  "/\\/\\",
  "\\/\\/",
  "//%5c",
  "//%09/",
  "/%09/",
  "/%5c",
  "/%2f%2f",
  "/%2f%5c",
  "/%252f%252f",
  "/%0d%0a/",
  "\t//",
  "/\t/",
  " //",
  "/ /\\",
  "http://",
  "https://",
  "https:",
  "https:/",
  "http:\\\\",
  "ftp://",
  "//user@",
  "",
  "@",
  ".",
  "<>//",
  "/hub/..//",
  "/./",
  "/.//",
  "/hub/../..//",
  "/%2e%2e//",
  "javascript:alert(1)//",
  "data:text/html,//",
  "x:1/:///%01",
];
const ends = ["", "/", "//", "/%2e%2e", "/%2f..", "?@hub.example.org/", "#@hub.example.org", "\\@hub.example.org"];

const corpus = starts.flatMap((start) => hosts.flatMap((host) => ends.map((end) => `${start}${host}${end}`)));
const single = [
  "",
  "relative/path",
  "hub/home",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html;base64,PHNjcmlwdD4=",
  `${base}//evil.example/`,
  `${base}////evil.example`,
  "/hub/..//evil.example",
  "/\u0000",
  "/a\u2028b",
  "/ü",
  "/a b",
  "/hub/./home",
  "/hub/../home",
  "/%00",
  "/%0a",
  `/${"a".repeat(3000)}`,
];

describe("S-11: `next` can't leave the site", () => {
  test("nothing of the corpus leads to another origin in a browser's parser", () => {
    expect(corpus.length).toBeGreaterThan(1500);
    for (const value of [...corpus, ...single]) {
      const next = safeNext(value, base);
      expect(new URL(next, base).origin, value).toBe(base);
      expect(next, value).toMatch(/^\/(?![/\\])/);
    }
  });

  test.each(starts.filter((start) => !/^(\.|@|<>)?$/.test(start)))(
    "%j before a host is refused, not repaired",
    (start) => {
      expect(safeNext(`${start}evil.example`, base)).toBe(fallback);
    },
  );

  test.each(single)("%j is refused", (value) => {
    expect(safeNext(value, base)).toBe(fallback);
  });

  test.each([null, undefined, 7, ["/hub/home"], { toString: () => "/hub/home" }])(
    "what isn't text is refused: %j",
    (value) => {
      expect(safeNext(value, base)).toBe(fallback);
    },
  );

  test.each([
    "/",
    "/hub/home",
    "/hub/spawn?opt-image=py312&profile=small",
    "/user/ana/lab/tree/a%20b/%C3%BC.ipynb?reset#cell-3",
    "/user/ana%2Fb/lab",
    "/user/user@email.com/",
    "/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fx%2Fy",
    "/user/ana/files//double",
    "/user/ana/files/100%25",
  ])("a path of this site survives the login: %s", (path) => {
    expect(safeNext(path, base)).toBe(path);
  });

  test("property: what passes is a path that any parser reads as it is written", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "/",
        "\\",
        "//",
        "..",
        ".",
        "%2f",
        "%5c",
        "%09",
        "\t",
        "@",
        ":",
        "?",
        "#",
        "evil.example",
        "hub",
        "http:",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const value = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(value, (text) => {
        const next = safeNext(text, base);
        const url = new URL(next, base);
        expect(url.origin).toBe(base);
        expect(url.href).toBe(base + next);
        expect(next[0] === "/" && next[1] !== "/" && next[1] !== "\\").toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
