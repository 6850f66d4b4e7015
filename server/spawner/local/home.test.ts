import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { checkHomeEnterable, folderNameFor } from "./home.ts";

describe("names of home folders", () => {
  const names = [
    "",
    "ana",
    "Ana",
    "üser",
    "user@email.com",
    "a--b",
    "-x",
    "a/b",
    "a-b",
    "..",
    ".",
    "x".repeat(64),
    "y".repeat(300),
    "ana---01234567",
  ];

  test("every name is one safe folder, and no two names share one", () => {
    const folders = names.map(folderNameFor);
    for (const folder of folders) expect(folder).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
    for (const folder of folders) expect(folder.length).toBeLessThanOrEqual(63);
    expect(new Set(folders).size).toBe(names.length);
  });

  test("a plain name stays as it is", () => {
    expect(folderNameFor("ana")).toBe("ana");
    expect(folderNameFor("claim-ana.2")).toBe("claim-ana.2");
  });
});

describe.runIf(process.getuid?.() === 0)("a home below a closed folder (root)", () => {
  test("is named in one sentence with the chmod to run; an open one is fine", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth-closed-"));
    const home = path.join(folder, "home");
    mkdirSync(home, { mode: 0o755 });
    try {
      expect(checkHomeEnterable(home)).toContain(`chmod o+x ${folder}`);
      chmodSync(folder, 0o711);
      expect(checkHomeEnterable(home)).toBeNull();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
