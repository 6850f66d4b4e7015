import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { closedParent, parseAccounts, permits } from "./account.ts";

const stranger = { name: "stranger", uid: 4_000_001, gid: 4_000_001 };

describe("closedParent", () => {
  test("names the topmost folder that another account can't enter", () => {
    const top = mkdtempSync(path.join(tmpdir(), "berth-account-"));
    try {
      mkdirSync(path.join(top, "a", "b"), { recursive: true });
      expect(closedParent(path.join(top, "a", "b"), stranger)).toBe(top);
      chmodSync(top, 0o711);
      expect(closedParent(path.join(top, "a", "b"), stranger)).toBeUndefined();
    } finally {
      rmSync(top, { recursive: true });
    }
  });
});

test("permits reads the owner's, the group's or the others' bits, never a mixture", () => {
  expect(permits({ mode: 0o077, uid: stranger.uid, gid: 0 }, stranger, 1)).toBe(false);
  expect(permits({ mode: 0o707, uid: 0, gid: stranger.gid }, stranger, 1)).toBe(false);
  expect(permits({ mode: 0o001, uid: 0, gid: 0 }, stranger, 1)).toBe(true);
});

test("parseAccounts reads /etc/passwd and ignores what is no account", () => {
  expect(parseAccounts("nobody:x:65534:65534:nobody:/:/sbin/nologin\n\n#x\n")).toEqual([
    { name: "nobody", uid: 65534, gid: 65534 },
  ]);
});
