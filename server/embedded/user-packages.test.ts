import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { sendPipHome, withOuterSites } from "./user-packages.ts";

test("only the one line of an environment's settings changes, and changing it again changes nothing", () => {
  const before = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\n";
  const after = "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.7\n";
  expect(withOuterSites(before)).toBe(after);
  expect(withOuterSites(after)).toBe(after);
  expect(withOuterSites("home = /usr/bin\n")).toBe("home = /usr/bin\ninclude-system-site-packages = true\n");
});

test("pip's settings are readable to every account, and files that are right stay untouched", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-venv-"));
  try {
    writeFileSync(path.join(folder, "pyvenv.cfg"), "include-system-site-packages = false\n");
    sendPipHome(folder);
    const pip = path.join(folder, "pip.conf");
    expect(readFileSync(pip, "utf8")).toBe("[install]\nuser = true\n");
    const made = statSync(pip);
    expect(made.mode & 0o777).toBe(0o644);
    sendPipHome(folder);
    expect(statSync(pip).ino).toBe(made.ino);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
