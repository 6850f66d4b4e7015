import { expect, test } from "vitest";
import { emptyNewTables, undoScript } from "./iptables.ts";

const before = `*filter
:INPUT ACCEPT [0:0]
:DOCKER - [0:0]
-A INPUT -j DOCKER
COMMIT
`;

const after = `*filter
:INPUT ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-FIREWALL - [0:0]
:OWN - [0:0]
-A INPUT -m comment --comment "says KUBE-FIREWALL" -j DOCKER
-A INPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL -d 127.0.0.0/8 -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:KUBE-CANARY - [0:0]
COMMIT
`;

test("the undo takes away the chains that came since and the jumps to them, and touches no other rule", () => {
  expect(undoScript(before, after.replace(":OWN - [0:0]\n", ""))).toBe(`*filter
-D INPUT -j KUBE-FIREWALL
-F KUBE-FIREWALL
-X KUBE-FIREWALL
COMMIT
*mangle
-F KUBE-CANARY
-X KUBE-CANARY
COMMIT
`);
});

test("nothing to undo is an empty script", () => {
  expect(undoScript(after, after)).toBe("");
});

test("a table that came since counts as empty only without rules and with open policies", () => {
  expect(emptyNewTables(before, "*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n")).toEqual(["nat"]);
  expect(emptyNewTables(before, "*nat\n:OUTPUT DROP [0:0]\nCOMMIT\n")).toEqual([]);
  expect(emptyNewTables(before, before)).toEqual([]);
});
