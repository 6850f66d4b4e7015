import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, test } from "vitest";
import { removeHomeFolder } from "./remove-home.ts";

let homes: string;
beforeEach(() => {
  homes = mkdtempSync(path.join(tmpdir(), "berth-homes-"));
  mkdirSync(path.join(homes, ".ids"));
  mkdirSync(path.join(homes, "ana", "work"), { recursive: true });
  writeFileSync(path.join(homes, "ana", "work", "thesis.txt"), "words");
  writeFileSync(path.join(homes, ".ids", "ana"), "home-1");
  return () => rmSync(homes, { recursive: true, force: true });
});
const home = (homeId: string) => ({ homeId, namespace: "local", name: "ana", claimUid: null });

test("a home goes with everything in it, and asking twice is asking once", async () => {
  expect(await removeHomeFolder(homes, home("home-1"))).toBe("gone");
  expect(existsSync(path.join(homes, "ana"))).toBe(false);
  expect(await removeHomeFolder(homes, home("home-1"))).toBe("gone");
});

test("S-72: the folder of another home under the same name is left alone", async () => {
  expect(await removeHomeFolder(homes, home("home-2"))).toBe("gone");
  expect(existsSync(path.join(homes, "ana", "work", "thesis.txt"))).toBe(true);
});

test("what a link in a home points to stays", async () => {
  const outside = mkdtempSync(path.join(tmpdir(), "berth-outside-"));
  writeFileSync(path.join(outside, "others.txt"), "not yours");
  symlinkSync(outside, path.join(homes, "ana", "link"));
  await removeHomeFolder(homes, home("home-1"));
  expect(existsSync(path.join(outside, "others.txt"))).toBe(true);
  rmSync(outside, { recursive: true });
});

test("a removal that was cut short is finished, and the next home of that name is another one", async () => {
  mkdirSync(path.join(homes, ".removed-home-1", "rest"), { recursive: true });
  rmSync(path.join(homes, ".ids", "ana"));
  await removeHomeFolder(homes, home("home-1"));
  expect(existsSync(path.join(homes, ".removed-home-1"))).toBe(false);
  expect(existsSync(path.join(homes, "ana"))).toBe(true);
});
