import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findServerById } from "#db/servers.ts";
import { startServer } from "#server/servers/start.ts";
import { bareEnvironment } from "#server/spawner/local/processes.ts";
import { createToken } from "#server/tokens/create.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { type Jupyterhub, testJupyterhub } from "#tests/jupyterhub.ts";

const run = promisify(execFile);
const script = path.join(import.meta.dirname, "..", "fakes", "cull-once.py");

/** z2jh's own list for its culler, with the right to delete users. */
const scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers", "admin:users"];
const idleUsers = ["ana", "bob", "cleo"];

let programs: Jupyterhub;
beforeAll(async () => {
  programs = await testJupyterhub();
}, 300_000);

describe.each(["1.4", "2.0"] as const)("jupyterhub-idle-culler %s", (version) => {
  let portal: Portal;
  beforeAll(async () => {
    portal = await startPortal();
    await portal.addUsers(...idleUsers, "dora", "eve", "fred");
    await portal.addAdmin("root");
    for (const name of [...idleUsers, "dora"]) await start(name);
    await start("dora", "second");
    const { db } = portal.hub;
    await db.execute(
      "update servers set last_activity_at = now() - interval '3 hours', wished_at = now() - interval '4 hours'",
    );
    await db.execute(
      "update servers s set last_activity_at = now() from users u where u.id = s.user_id and u.name = 'dora' and s.name = ''",
    );
    await db.execute(
      "update users set last_activity_at = now() - interval '3 hours', created_at = now() - interval '5 hours' where name <> 'dora'",
    );
  }, 60_000);
  afterAll(() => portal.stop());

  /** Nobody goes there: an edge that saw somebody would tell the hub so in its own time. */
  async function start(user: string, name = ""): Promise<void> {
    const { id } = await startServer(portal.hub.systemContext("test"), { user, name });
    await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "ready", `${user}/${name}`);
  }

  /** One pass of it, as a program of its own; what it printed. */
  async function pass(...more: readonly string[]): Promise<string> {
    const ctx = portal.hub.contextFor(await admin(), { requestId: "test-culler", clientAddress: "127.0.0.1" });
    const { token } = await createToken(ctx, { user: "root", scopes, expiresInSeconds: 3600 });
    const env = bareEnvironment({
      ...{ PATH: process.env.PATH ?? "", JUPYTERHUB_API_TOKEN: token },
      ...(version === "2.0" ? { PYTHONPATH: programs.newerCuller } : {}),
    });
    const args = [script, `--url=${portal.url.origin}/hub/api`, "--timeout=3600", "--cull-every=3600", ...more];
    const { stdout, stderr } = await run(programs.python, args, { env, timeout: 25_000 });
    return stdout + stderr;
  }

  async function admin() {
    const user = (await portal.hub.db.execute<{ id: string }>("select id from users where name = 'root'")).rows[0];
    return {
      ...portal.hub.systemContext("test").actor,
      kind: "user",
      userId: user?.id ?? "",
      name: "root",
      sessionId: "",
    } as const;
  }

  const running = () =>
    [...portal.spawner.runs.values()].map(({ order }) => `${order.owner.name}/${order.serverName}`).sort();
  const names = async () =>
    (await portal.hub.db.execute<{ name: string }>("select name from users order by name")).rows.map(
      (user) => user.name,
    );

  test("stops every idle server over several pages, and leaves who is active alone", async () => {
    expect(running()).toEqual(["ana/", "bob/", "cleo/", "dora/", "dora/second"]);
    const said = await pass("--api-page-size=1", "--remove-named-servers=true");
    expect(said).not.toMatch(/Traceback|HTTP [45]\d\d|error/i);
    expect(running(), said).toEqual(["dora/"]);
    const left = await portal.hub.db.execute("select s.name from servers s where s.name <> ''");
    expect(left.rows, "the named one is removed").toEqual([]);
  });

  test("deletes accounts nobody uses, but none with files", async () => {
    const said = await pass("--cull-users=true", "--cull-admin-users=false");
    expect(await names(), said).toEqual([...idleUsers, "dora", "root"]);
    expect(running()).toEqual(["dora/"]);
  });
});
