import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { runnableBinaries } from "./binaries.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A package as npm unpacks it when no install script may run. */
function unpackedPackage(): { top: string; native: string } {
  const top = mkdtempSync(path.join(tmpdir(), "berth-binaries-"));
  folders.push(top);
  chmodSync(top, 0o755);
  const native = path.join(top, "package", "native");
  mkdirSync(path.join(native, "bin"), { recursive: true });
  mkdirSync(path.join(native, "lib"));
  writeFileSync(path.join(native, "bin", "postgres"), "", { mode: 0o755 });
  writeFileSync(path.join(native, "lib", "libpq.so.5.18"), "");
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  writeFileSync(path.join(native, "pg-symlinks.json"), JSON.stringify(links));
  writeFileSync(path.join(top, "package", "package.json"), JSON.stringify({ version: "18.4.0" }));
  return { top, native };
}

const stranger = { name: "stranger", uid: 4_000_001, gid: 4_000_001 };

describe("runnableBinaries", () => {
  test("makes the links that the package's install script would have made", async () => {
    const { top, native } = unpackedPackage();
    expect(await runnableBinaries(path.join(top, "home"), stranger, native)).toBe(native);
    expect(readlinkSync(path.join(native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
  });

  test("copies them where the account can run them when it can't enter the project's folder", async () => {
    const { top, native } = unpackedPackage();
    chmodSync(path.join(top, "package"), 0o700);
    const home = path.join(top, "home");
    const used = await runnableBinaries(home, stranger, native);
    expect(used).toBe(path.join(home, "binaries-18.4.0", "native"));
    expect(lstatSync(path.join(used, "lib", "libpq.so.5")).isSymbolicLink()).toBe(true);
    expect(lstatSync(path.join(used, "bin", "postgres")).mode & 0o777).toBe(0o755);
    expect(await runnableBinaries(home, stranger, native)).toBe(used);
  });
});
