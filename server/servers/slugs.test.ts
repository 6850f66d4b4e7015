import { describe, expect, test } from "vitest";
import { labelValueFor, multiSlug, safeSlug, userServerSlug } from "./slugs.ts";

const x = (count: number) => "x".repeat(count);

// Made with kubespawner 7.1.0's own slugs.py: a change here is a home that is no longer found.
const goldenUserServers: readonly (readonly [user: string, server: string, slug: string])[] = [
  ["ana", "", "ana"],
  ["ana", "second", "ana--second"],
  ["ana", "Lab 2", "ana--lab-2---6edfda0f"],
  ["ana", "a--b", "ana--a-b---90827a2e"],
  ["Alex", "", "alex---db74c940"],
  ["Alex", "second", "alex---db74c940--second"],
  ["", "", "x---e3b0c442"],
  ["a".repeat(30), "y".repeat(30), "aaaaaaaaaaaaaaaaa--yyyyyyyyyyyyyyyyy---e2eeed19"],
  [x(46), "", x(46)],
  [x(46), "b", `${x(17)}--b---22fddde0`],
  [x(47), "", `${x(17)}--x---cfcbdd85`],
  [x(48), "", `${x(17)}--x---e13c8ee2`],
  [x(63), "", `${x(17)}--x---12b5fbd3`],
  [x(63), "second", `${x(17)}--second---34ba420a`],
  [x(64), "", `${x(17)}--x---e68039bf`],
  [x(64), "second", `${x(17)}--second---84a4a846`],
  ["üser", "", "ser---73506260"],
  ["üser", "second", "ser---73506260--second"],
  ["user@email.com", "", "user-email-com---0925f997"],
  ["user@email.com", "y".repeat(30), "user-email-com--yyyyyyyyyyyyyyyyy---9e495e18"],
  ["user-_@_emailß.com", "", "user-email-com---7e3a7efd"],
  ["a--b", "", "a-b---90827a2e"],
  ["-x", "", "x---a4209624"],
  ["x-", "", "x---c8b60efc"],
  ["a/b", "", "a-b---c14cddc0"],
  ["x---0925f997", "", "x-0925f997---bf61997b"],
  ["start---f587e2dc", "second", "start-f587e2dc---cc5bb9c9--second"],
  ["has.dot", "", "has-dot---03e27fdf"],
  ["9z9", "", "x-9z9---224de202"],
  ["under_score", "", "under-score---d8071166"],
  ["日本", "", "x---cf2abf0c"],
  ["😀", "b", "x---f0443a34--b"],
  ["İstanbul", "", "i-stanbul---24ec8f72"],
  ["a\n", "", "a---87428fc5"],
];

// kubespawner tests/test_slugs.py, with its default of 63 characters allowed and 32 made.
const goldenLabels: readonly (readonly [text: string, label: string])[] = [
  ["", ""],
  ["x", "x"],
  ["-x", "x---a4209624"],
  ["x-", "x---c8b60efc"],
  [x(63), x(63)],
  [x(64), `${x(21)}---7ce10097`],
  [x(65), `${x(21)}---9537c5fd`],
  ["Alex", "Alex"],
  ["A.b_C", "A.b_C"],
  ["has.dot", "has.dot"],
  ["9z9", "9z9"],
  ["user@email.com", "user-email-com---0925f997"],
  ["üser", "ser---73506260"],
  ["a--b", "a-b---90827a2e"],
  ["start---f587e2dc", "start-f587e2dc---cc5bb9c9"],
];

describe("S-37: slugs are KubeSpawner 7's, character for character", () => {
  test.each(goldenUserServers)("user %j with server %j is %j", (user, server, slug) => {
    expect(userServerSlug(user, server)).toBe(slug);
  });

  test.each(goldenLabels)("the label value of %j is %j", (text, label) => {
    expect(labelValueFor(text)).toBe(label);
  });

  test("a slug keeps to the length asked for, and a length with no room for a hash is refused", () => {
    expect(safeSlug(x(16), 16)).toBe(x(16));
    expect(safeSlug(x(17), 16)).toBe("xxxxx---d04fd59f");
    expect(safeSlug(x(16), 12)).toBe("x---9c572959");
    expect(() => safeSlug(x(16), 11)).toThrow(RangeError);
  });

  test("names whose letters meet when joined don't share a slug", () => {
    expect(multiSlug(["ab", "c"])).not.toBe(multiSlug(["a", "bc"]));
    expect(() => multiSlug(["a", "b"], 16)).toThrow(RangeError);
  });
});
