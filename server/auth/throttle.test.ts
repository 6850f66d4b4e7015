import { describe, expect, test } from "vitest";
import { limitsFor, longestLockoutSeconds, networkOf } from "./throttle.ts";

describe("what a login is counted against", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ])("%j counts as %j", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test("S-28: somebody who came from this address before isn't held up by what others do to their name", () => {
    const shared = limitsFor({ user: "ana", client: "192.0.2.7", known: false }).map((limit) => limit.key);
    const own = limitsFor({ user: "ana", client: "192.0.2.7", known: true }).map((limit) => limit.key);
    expect(shared).toContain("user:ana");
    expect(own).not.toContain("user:ana");
  });

  test("no window is longer than the longest lock-out promised", () => {
    const all = [true, false].flatMap((known) => limitsFor({ user: "ana", client: "192.0.2.7", known }));
    expect(Math.max(...all.map((limit) => limit.windowSeconds))).toBe(longestLockoutSeconds);
  });
});
