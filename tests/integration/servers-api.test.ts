import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { Config } from "#server/config/schema.ts";
import { createLog } from "#server/log.ts";
import { homePaths, prepareHome } from "#server/roles/home.ts";
import { startHubRole } from "#server/roles/hub-role.ts";
import { startServer } from "#server/servers/start.ts";
import { createUser } from "#server/users/create.ts";
import { freshDatabase } from "#tests/database.ts";
import { startTestHub } from "#tests/fakes/hub-under-test.ts";
import { stockConfig } from "#tests/fakes/stock-login.ts";

test("a hub whose profiles make their own login answers where it tells their servers to ask, and again there after a restart", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-hub-role-"));
  const database = await freshDatabase();
  const paths = homePaths(folder);
  prepareHome(paths);
  const start = () =>
    startHubRole({
      ...{ config: Config.parse(stockConfig), paths, databaseUrl: database.url, jupyter: "/nonexistent/jupyter" },
      ...{ webOwner: undefined, log: createLog("test", "silent") },
    });
  const told: (string | undefined)[] = [];
  for (const _ of ["first", "second"]) {
    const role = await start();
    const { apiUrl } = role.hub.config.hub;
    told.push(apiUrl);
    const answer = await fetch(apiUrl ?? "");
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { version: answer.headers.get("x-jupyterhub-version") },
    ]);
    // Whoever gets to this port is nobody until they say who they are.
    expect((await fetch(`${apiUrl}/users`)).status).toBe(403);
    await role.stop();
  }
  expect(told[1]).toBe(told[0]);
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

test("a start that could never reach the hub is refused with a sentence, before anything is recorded", async () => {
  const { hub, stop } = await startTestHub(stockConfig);
  const ctx = hub.systemContext("test");
  await createUser(ctx, { name: "ana", password: null });
  await expect(startServer(ctx, { user: "ana" })).rejects.toMatchObject({
    code: "invalid",
    publicMessage: expect.stringContaining("hub.apiUrl"),
  });
  expect((await hub.db.execute("select 1 from servers")).rows).toEqual([]);
  await stop();
});
