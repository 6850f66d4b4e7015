import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import type { Target } from "#server/spawner/spawner.ts";
import { createInstallation, type Installation, listed } from "./installation.ts";
import { Person } from "./person.ts";

let it: Installation;
let hub: Hub;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"));
  hub = await it.hub();
});
afterAll(async () => await it.remove());

/** Pairs whose names meet when they are joined or made safe, kubespawner's own vectors among them (CVE-2020-15110). */
const servers = [
  ["a-b", ""],
  ["a", "b"],
  ["a--b", ""],
  ["user@email.com", ""],
  ["user-email-com---0925f997", ""],
  ["üni", ""],
  ["x".repeat(64), ""],
] as const;

test("S-37: servers whose names could be taken for each other's have a pod, a home, a secret and an address each", async () => {
  await Promise.all([...new Set(servers.map(([user]) => user))].map((user) => Person.create(it, hub, user)));
  const people = servers.map(([user, server]) => new Person(it, hub, user, server));
  await Promise.all(people.map((person) => person.start()));
  const rows = await Promise.all(people.map((person) => person.reaches("ready")));
  for (const kind of ["pods", "secrets", "persistentvolumeclaims"])
    expect(await listed(it, kind)).toHaveLength(servers.length);
  for (const distinct of [
    rows.map(({ objectName }) => objectName),
    rows.map(({ runId }) => runId),
    rows.map(({ homeId }) => homeId),
    rows.map(({ target }) => JSON.stringify(target)),
    rows.map(({ secret }) => secret),
  ])
    expect(new Set(distinct).size).toBe(servers.length);
  for (const { target, secret } of rows) {
    const { host, port } = target as Extract<Target, { kind: "tcp" }>;
    expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe(secret);
  }
  const [first, ...others] = people;
  await first?.stop();
  await first?.reaches("stopped");
  for (const person of others) expect((await person.row()).phase).toBe("ready");
  expect(await listed(it, "pods")).toHaveLength(servers.length - 1);
});
