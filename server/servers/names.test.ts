import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  homeNameFor,
  namespaceFor,
  normaliseUserName,
  objectNameFor,
  originLabelFor,
  prefixFor,
  serverNameProblem,
  userNameProblem,
} from "./names.ts";
import { labelValueFor, safeSlug } from "./slugs.ts";

const dnsLabel = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

const nasty = [
  "",
  "x".repeat(63),
  "x".repeat(64),
  "üser",
  "user@email.com",
  "a--b",
  "-x",
  "a/b",
  "x---0925f997",
  "a-b",
  "A-B",
];
const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom("a", "b", "-", "--", "---", ".", "_", "A", "é", "0"), maxLength: 70 }),
  fc.constantFrom(...nasty),
  // What looks like a slug already.
  fc.string({ maxLength: 30 }).map((text) => safeSlug(text)),
);
const anyServer = fc.oneof(fc.constant(""), anyName);
const runs = { numRuns: 3000 };

describe("S-37: names of objects", () => {
  test("every user and server has a valid object name and home name", () => {
    fc.assert(
      fc.property(anyName, anyServer, (userName, serverName) => {
        expect(objectNameFor({ userName, serverName })).toMatch(dnsLabel);
        expect(homeNameFor({ userName, serverName })).toMatch(dnsLabel);
      }),
      runs,
    );
  });

  test("two different servers never share an object name", () => {
    fc.assert(
      fc.property(anyName, anyServer, anyName, anyServer, (userA, serverA, userB, serverB) => {
        fc.pre(userA !== userB || serverA !== serverB);
        const a = objectNameFor({ userName: userA, serverName: serverA });
        expect(a).not.toBe(objectNameFor({ userName: userB, serverName: serverB }));
      }),
      runs,
    );
  });

  test("a million pairs of short names made of letters and hyphens have a name each", () => {
    const words = ["a", "b", "-", "ab", "a-b", "a--b", "--", "-a", "a-", "b-a", ".", "A"];
    const texts = words.flatMap((one) => words.flatMap((two) => words.map((three) => one + two + three)));
    const distinct = [...new Set(texts)].slice(0, 1000);
    const seen = new Set<string>();
    for (const userName of distinct) {
      for (const serverName of distinct) seen.add(objectNameFor({ userName, serverName }));
    }
    expect(seen.size).toBe(distinct.length ** 2);
    expect(distinct.length).toBe(1000);
  }, 180_000);

  test("user a-b's default server and user a's server b are two objects (CVE-2020-15110)", () => {
    expect(objectNameFor({ userName: "a-b", serverName: "" })).toBe("jupyter-a-b");
    expect(objectNameFor({ userName: "a", serverName: "b" })).toBe("jupyter-a--b");
    expect(objectNameFor({ userName: "a--b", serverName: "" })).not.toBe("jupyter-a--b");
  });

  test("every label value is one Kubernetes takes, and stands for one text", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        expect(labelValueFor(a)).toMatch(labelValue);
        if (a !== b) expect(labelValueFor(a)).not.toBe(labelValueFor(b));
      }),
      runs,
    );
  });

  test("homes carry z2jh's names", () => {
    expect(homeNameFor({ userName: "ana", serverName: "" })).toBe("claim-ana");
    expect(homeNameFor({ userName: "user@email.com", serverName: "second" })).toBe(
      "claim-user-email-com---0925f997--second",
    );
  });
});

describe("S-37: namespaces", () => {
  const ana = { userName: "ana", groupName: "physics" };

  test("the template is filled with safe slugs", () => {
    expect(namespaceFor("berth-{username}", ana)).toBe("berth-ana");
    expect(namespaceFor("berth-{group}", { ...ana, groupName: "Physics 101" })).toBe("berth-physics-101---37f46646");
    expect(namespaceFor("{hubnamespace}-{username}", { ...ana, hubNamespace: "jhub" })).toBe("jhub-ana");
  });

  test("any user has a valid namespace, and two users never share one", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const name = namespaceFor("berth-{username}", { userName: a, groupName: null });
        expect(name).toMatch(dnsLabel);
        if (a !== b) expect(name).not.toBe(namespaceFor("berth-{username}", { userName: b, groupName: null }));
      }),
      runs,
    );
  });

  test("group and user side by side can't be taken for another pair", () => {
    const template = "{group}-{username}";
    const one = namespaceFor(template, { groupName: "a-b", userName: "c" });
    expect(one).toMatch(dnsLabel);
    expect(one).not.toBe(namespaceFor(template, { groupName: "a", userName: "b-c" }));
    expect(namespaceFor(template, { groupName: "g".repeat(40), userName: "u".repeat(40) })).toMatch(dnsLabel);
  });

  test.each(["kube-system", "default", "kube-public", "openshift-config"])(
    "S-74: user %s doesn't get the system's namespace",
    (userName) => {
      const name = namespaceFor("{username}", { userName, groupName: null });
      expect(name).not.toBe(userName);
      expect(name).toMatch(dnsLabel);
    },
  );

  test("a template that can't be filled ends with a sentence", () => {
    expect(() => namespaceFor("berth-{group}", { userName: "ana", groupName: null })).toThrow(/Choose the group/);
    expect(() => namespaceFor("berth-{usrname}", ana)).toThrow(/knows no “\{usrname\}”/);
    expect(() => namespaceFor("Berth_{username}", ana)).toThrow(/no valid Kubernetes name/);
  });
});

describe("S-37: origins", () => {
  test("every user has a DNS label of their own that no browser takes for punycode or an address", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const label = originLabelFor(a);
        expect(label).toMatch(dnsLabel);
        expect(label.slice(2, 4)).not.toBe("--");
        if (a !== b) expect(label).not.toBe(originLabelFor(b));
      }),
      runs,
    );
  });

  test.each(["xn", "xn-a", "xn--80ak6aa92e", "Xn", "x.", "0x7f", "127"])(
    "the origin of user %j is a host a URL keeps as it is",
    (name) => {
      const host = `${originLabelFor(name)}.users.example.org`;
      expect(new URL(`https://${host}/`).host).toBe(host);
    },
  );

  test("plain names are their own label", () => {
    expect(originLabelFor("ana")).toBe("ana");
    expect(originLabelFor("user@email.com")).toMatch(/^user-email-com--[0-9a-f]{32}$/);
  });
});

describe("S-39: names of named servers", () => {
  test.each(["a", "second", "gpu-2", "a1-b2-c3", "x".repeat(30), "constructor", "con"])("%j is fine", (name) => {
    expect(serverNameProblem(name)).toBeNull();
  });

  test.each([
    ["", /Give the server a name/],
    ["x".repeat(31), /at most 30/],
    ["Second", /starts with a lower-case letter/],
    ["9a", /starts with a lower-case letter/],
    ["-a", /starts with a lower-case letter/],
    ["__proto__", /starts with a lower-case letter/],
    ["_next", /starts with a lower-case letter/],
    ["..", /starts with a lower-case letter/],
    [".", /starts with a lower-case letter/],
    ["%2e%2e", /starts with a lower-case letter/],
    ["a/b", /only lower-case letters/],
    ["a--b", /only lower-case letters/],
    ["aB", /only lower-case letters/],
    ["a\n", /only lower-case letters/],
    ["a\u200b", /only lower-case letters/],
    ["a\u202e", /only lower-case letters/],
    ["a-", /doesn't end with a hyphen/],
  ])("%j is refused with a sentence", (name, sentence) => {
    expect(serverNameProblem(name)).toMatch(sentence);
  });

  test.each(["api", "hub", "lab", "tree", "user", "static", "files"])(
    "%j is a path of Jupyter's and no server's name",
    (name) => {
      expect(serverNameProblem(name)).toMatch(/Jupyter uses itself/);
    },
  );

  test("a server's name stands in a URL and in an object name as it is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z](-?[a-z0-9]){0,14}$/), (name) => {
        fc.pre(serverNameProblem(name) === null);
        expect(encodeURIComponent(name)).toBe(name);
        expect(safeSlug(name)).toBe(name);
      }),
    );
  });
});

describe("S-39: user names", () => {
  test("spelling is made one: once normalised, a name stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const name = normaliseUserName(text);
        expect(normaliseUserName(name)).toBe(name);
      }),
      runs,
    );
    expect(normaliseUserName("  ＡＮＡ ")).toBe("ana");
    expect(normaliseUserName("Ana\u0301")).toBe("aná");
    expect(normaliseUserName("ﬁnn")).toBe("finn");
  });

  test.each([
    "ana",
    "x".repeat(63),
    "x".repeat(64),
    "üser",
    "user@email.com",
    "a--b",
    "-x",
    "a/b",
    "x---0925f997",
    "__proto__",
    "constructor",
    "%2e%2e",
    "con",
    "corp\\ana",
    "a b",
    "日本",
  ])("%j may be a user's name and comes back from its URL", (name) => {
    expect(userNameProblem(name)).toBeNull();
    const url = new URL(prefixFor(name, "second"), "https://hub.example.org");
    const segments = url.pathname.split("/");
    expect(segments.length).toBe(5);
    expect(decodeURIComponent(segments[2] ?? "")).toBe(name);
    expect(url.pathname).toBe(prefixFor(name, "second"));
  });

  test.each([
    "",
    "  ",
    ".",
    "..",
    "a/..",
    "../a",
    "a//b",
    "/a",
    "a\\..\\b",
    "a\u0000",
    "a\nb",
    "a\u200bb",
    "a\u202eb",
    "a\u2028",
    "\ud800",
    "a\u3164",
    "x".repeat(256),
  ])("%j is refused with a sentence", (name) => {
    expect(userNameProblem(name)).toMatch(/^A user name /);
  });

  test("any name that isn't refused round-trips through a URL as one segment", () => {
    fc.assert(
      fc.property(anyName, (text) => {
        const name = normaliseUserName(text);
        fc.pre(userNameProblem(name) === null);
        const { pathname } = new URL(prefixFor(name, ""), "https://hub.example.org");
        expect(pathname).toBe(prefixFor(name, ""));
        expect(decodeURIComponent(pathname.split("/")[2] ?? "")).toBe(name);
      }),
      runs,
    );
  });

  test("the default server has the user's prefix, a named one a segment more", () => {
    expect(prefixFor("ana", "")).toBe("/user/ana/");
    expect(prefixFor("ana", "second")).toBe("/user/ana/second/");
    expect(prefixFor("a/b", "")).toBe("/user/a%2Fb/");
  });
});
