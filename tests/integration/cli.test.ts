import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findUserByName } from "#db/users.ts";
import { createApiListener } from "#server/api/listener.ts";
import { verifyPassword } from "#server/auth/password.ts";
import { Metrics } from "#server/metrics.ts";
import { homePaths } from "#server/roles/home.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import type { Spawner, SpawnFailure } from "#server/spawner/spawner.ts";
import { type Ran, runBerth } from "#tests/command-line.ts";
import { addUser, type HubUnderTest, startTestHub } from "#tests/fakes/hub-under-test.ts";

const home = mkdtempSync(path.join(tmpdir(), "berth-cli-"));
const closers: (() => Promise<void>)[] = [];
let under: HubUnderTest;
let url: string;

beforeAll(async () => {
  under = await startTestHub({
    singleuser: {
      profileList: [
        { display_name: "Small", default: true, kubespawner_override: { mem_limit: "1G", cpu_limit: 1 } },
        {
          display_name: "Large",
          kubespawner_override: { mem_limit: "4G", cpu_limit: 2 },
          profile_options: {
            image: {
              display_name: "Image",
              choices: {
                plain: { display_name: "Plain", default: true, kubespawner_override: { image: "example/plain:1" } },
                maths: { display_name: "Maths", kubespawner_override: { image: "example/maths:1" } },
              },
            },
          },
        },
      ],
    },
  });
  const metrics = new Metrics();
  const own = createApiListener(under.hub, metrics, { trustedSocket: true });
  const remote = createApiListener(under.hub, metrics, { trustedSocket: false });
  mkdirSync(path.dirname(homePaths(home).adminSocket), { recursive: true });
  await listenOn(own, { kind: "unix", path: homePaths(home).adminSocket });
  await listenOn(remote, { kind: "tcp", host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`;
  closers.push(
    async () => metrics.stop(),
    () => closeServer(own),
    () => closeServer(remote),
    () => under.stop(),
  );
  await addUser(under.hub, "ana");
  await addUser(under.hub, "ben");
});

afterAll(async () => {
  for (const close of closers) await close();
  rmSync(home, { recursive: true, force: true });
});

/** On the hub's own machine, as the owner of its home. */
const berth = (...args: string[]) => runBerth(args, { environment: { BERTH_HOME: home } });
/** From anywhere, with a token. */
const remotely = (token: string, ...args: string[]) =>
  runBerth(args, { environment: { BERTH_URL: url, BERTH_TOKEN: token, BERTH_HOME: "/nowhere" } });

function jsonOf(ran: Ran): unknown {
  expect(ran.err).toBe("");
  return JSON.parse(ran.out);
}

describe("user", () => {
  test("add makes an account and prints its made-up password once", async () => {
    const ran = await berth("user", "add", "cleo");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^Added “cleo”\. Password \(shown this once\): \S{20,}\n$/);
    expect(await berth("user", "add", "cleo")).toMatchObject({ code: 1, out: "" });
  });

  test("add refuses a short password as wrong usage, and says why", async () => {
    const ran = await berth("user", "add", "dora", "--password", "short");
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/8 characters/);
  });

  test("add takes the password from standard input: it is used, and printed nowhere", async () => {
    const options = { environment: { BERTH_HOME: home } };
    const password = "a canary of 24 letters é";
    const ran = await runBerth(["user", "add", "fay", "--password-stdin", "-o", "json"], {
      ...options,
      input: `${password}\n`,
    });
    expect(jsonOf(ran)).toMatchObject({ user: { name: "fay" }, password: null });
    expect(ran.out).not.toContain("canary");
    const found = await findUserByName(under.hub.db, "fay");
    expect(await verifyPassword(found?.passwordHash ?? null, password)).toBe(true);
    const empty = await runBerth(["user", "add", "gus", "--password-stdin"], options);
    expect(empty).toMatchObject({ code: 2, out: "" });
    expect(empty.err).toContain("no password");
    const both = ["user", "add", "gus", "--password-stdin", "--password", password];
    expect(await runBerth(both, { ...options, input: password })).toMatchObject({ code: 2 });
  });

  test("disable and --undo show in the list, as a table and as JSON", async () => {
    await berth("user", "add", "emil", "--admin");
    expect((await berth("user", "disable", "emil")).out).toBe("“emil” is disabled. The home is kept.\n");
    const table = await berth("user", "list");
    expect(table.out).toMatch(/^NAME +ADMIN +STATE +SERVERS +LAST ACTIVITY\n/);
    expect(table.out).toMatch(/^emil +yes +disabled +0 +never$/m);
    expect((await berth("user", "disable", "emil", "--undo")).code).toBe(0);
    const rows = jsonOf(await berth("user", "list", "--search", "emil", "-o", "json"));
    expect(rows).toMatchObject([{ name: "emil", admin: true, disabledAt: null }]);
  });
});

describe("token create", () => {
  test("prints the token and nothing else; it works over BERTH_URL until its rights end", async () => {
    const made = await berth("token", "create", "--user", "ana", "--expires", "12h");
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toMatch(/^\S+\n$/);
    const token = made.out.trim();
    const own = await remotely(token, "server", "list", "--user", "ana", "-o", "json");
    expect(jsonOf(own)).toMatchObject([{ ownerName: "ana", name: "" }]);
    const others = await remotely(token, "user", "list");
    expect(others).toMatchObject({ code: 1, out: "" });
    expect(others.err).toMatch(/Use a token with the scope for this/);
  });

  test("takes scopes and an end, and answers with them as JSON", async () => {
    const made = jsonOf(
      await berth(
        "-o",
        "json",
        "token",
        "create",
        "--user",
        "ana",
        "--expires",
        "30m",
        "--scopes",
        "read:servers!user=ana",
      ),
    );
    // What a scope includes is listed with it, as JupyterHub does.
    const scopes = ["read:servers!user=ana", "read:users:name!user=ana"];
    expect(made).toMatchObject({ token: expect.any(String), scopes });
    expect(made).toHaveProperty("expiresAt", expect.any(String));
  });

  test("an unreadable time, an unknown scope and an unknown user each give one sentence", async () => {
    const time = await berth("token", "create", "--user", "ana", "--expires", "soon");
    expect(time).toMatchObject({ code: 2, out: "" });
    expect(time.err).toMatch(/Give a number and a unit: 90d/);
    expect(await berth("token", "create", "--user", "ana", "--scopes", "fly")).toMatchObject({ code: 2, out: "" });
    const user = await berth("token", "create", "--user", "nobody");
    expect(user).toMatchObject({ code: 1, out: "" });
    expect(user.err).toMatch(/^There is no user called “nobody”\.\nSee what there is with `berth user list`/);
  });

  test("a token that isn't one is refused with what to do", async () => {
    const ran = await remotely("berth_0000000000000000000000000000000000000000", "server", "list");
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/Set BERTH_TOKEN to a token that is still good/);
  });
});

describe("server", () => {
  test("start --wait ends when the server is ready; list shows it; stop stops it", async () => {
    const started = await berth("server", "start", "--user", "ana", "--wait");
    expect(started).toMatchObject({ code: 0, out: expect.stringMatching(/^Ready: http:\/\/\S+\/user\/ana\/\S*\n$/) });
    const list = await berth("server", "list");
    expect(list.out).toMatch(/^ana +\(default\) +ready +Small +1 +1 GB +\S+$/m);
    const stopped = await berth("server", "stop", "--user", "ana", "-o", "json");
    expect(jsonOf(stopped)).toMatchObject({ ownerName: "ana", phase: expect.stringMatching(/stopp/) });
  });

  test("start takes name, profile and options", async () => {
    const args = ["--user", "ben", "--name", "work", "--profile", "large", "--option", "image=maths"];
    const ran = jsonOf(await berth("server", "start", ...args, "--wait", "-o", "json"));
    expect(ran).toMatchObject({
      name: "work",
      phase: "ready",
      profile: { slug: "large" },
      options: { image: "maths" },
      limits: { cpuMillicores: 2000, memoryBytes: 4 * 1024 ** 3 },
    });
  });

  test("a start that fails says why, what to do, and the last lines; it ends with 1", async () => {
    const failure: SpawnFailure = {
      reason: "image",
      publicMessage: "The image can't be pulled.",
      detail: "ErrImagePull",
      logTail: ["the last line"],
    };
    under.spawner.onStart = () => ({ kind: "refused", failure });
    const ran = await berth("server", "start", "--user", "ben", "--wait");
    under.spawner.onStart = () => "run";
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/^The image can't be pulled\.\n(.+\n)+Its last lines were:\n {2}the last line\n/);
    expect(ran.out).toMatch(/ErrImagePull/);
  });

  test("an unknown profile, option and malformed option are wrong usage", async () => {
    const profile = await berth("server", "start", "--user", "ana", "--profile", "huge");
    expect(profile.code).toBe(2);
    expect(profile.err).toMatch(/There is no profile “huge”\. Choose one of/);
    const option = await berth("server", "start", "--user", "ana", "--profile", "large", "--option", "image=none");
    expect(option.code).toBe(2);
    expect((await berth("server", "start", "--user", "ana", "--option", "image")).err).toMatch(/key=value/);
  });
});

describe("doctor", () => {
  test("prints every check and ends with 0 when all is well, 1 when something is not", async () => {
    const fine = await berth("doctor");
    expect(fine.code).toBe(0);
    expect(fine.out).toMatch(/^ok {4}database: /m);
    expect(jsonOf(await berth("doctor", "-o", "json"))).toContainEqual(
      expect.objectContaining({ name: "database", ok: true }),
    );
    const check = { name: "nodes", ok: false, message: "No node is ready.", fix: "Look at kubectl get nodes." };
    const health = vi
      .spyOn(under.spawner as Spawner, "health")
      .mockResolvedValue({ ok: false, since: null, checks: [check] });
    const bad = await berth("doctor");
    health.mockRestore();
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(/^FAIL {2}nodes: No node is ready\.\n {6}Look at kubectl get nodes\.$/m);
  });

  test("without a hub it looks at the configuration and at the database it names", async () => {
    const empty = mkdtempSync(path.join(tmpdir(), "berth-cli-alone-"));
    const alone = async (config: string) => {
      writeFileSync(path.join(empty, "berth.yaml"), config);
      return await runBerth(["doctor"], { environment: { BERTH_HOME: empty } });
    };
    const fine = await alone(`hub: { db: { url: "${under.databaseUrl}" } }\n`);
    expect(fine).toMatchObject({ code: 1, err: "" });
    expect(fine.out).toMatch(
      /^FAIL {2}hub: No Berth runs with its home in .*\n.*\nok {4}configuration: .*\nok {4}database: PostgreSQL answers\./,
    );
    const noDatabase = await alone("hub: { db: { url: postgresql://berth:canary@127.0.0.1:9/berth } }\n");
    expect(noDatabase.out).toMatch(/^FAIL {2}database: The database can't be reached/m);
    expect(noDatabase.out).not.toContain("canary");
    const misspelt = await alone("hub: { databse: 1 }\n");
    expect(misspelt.out).toMatch(/^FAIL {2}configuration: .*databse/m);
    expect(misspelt.out).not.toMatch(/^.*database:/m);
    rmSync(empty, { recursive: true });
  });
});

describe("asked wrongly", () => {
  test("an unknown command or a missing option ends with 2 and names it", async () => {
    const unknown = await berth("serer", "list");
    expect(unknown).toMatchObject({ code: 2, out: "" });
    expect(unknown.err).toMatch(/unknown command 'serer'.*\n.*server/);
    expect(await berth("server", "start")).toMatchObject({ code: 2, err: expect.stringMatching(/--user/) });
    expect(await berth("--help")).toMatchObject({ code: 0, err: "" });
  });

  test("without a hub in the home it says how to reach one", async () => {
    const ran = await runBerth(["user", "list"], { environment: { BERTH_HOME: path.join(home, "none") } });
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toMatch(/^No Berth runs with its home in .*none\.\nStart it with `npm start`/);
  });

  test("an address where no hub is gives a sentence, not a stack, as text and as JSON", async () => {
    const environment = { BERTH_URL: "http://127.0.0.1:9", BERTH_TOKEN: "x" };
    const ran = await runBerth(["user", "list"], { environment });
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^The hub did not answer: .*\nCheck that it runs/);
    expect(ran.err).not.toMatch(/^\s+at /m);
    const json = await runBerth(["user", "list", "-o", "json"], { environment });
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: "unreachable", next: expect.any(String) } });
  });
});

test("support-bundle holds checks and numbers, and neither a secret nor a person's name", async () => {
  await berth("user", "add", "zenobia");
  const file = path.join(home, "bundle.json");
  writeFileSync(path.join(home, "berth.yaml"), "hub: { db: { url: postgresql://berth:canary@db/berth } }\n");
  try {
    const ran = await berth("support-bundle", file);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toContain("Look through it before you send it");
  } finally {
    rmSync(path.join(home, "berth.yaml"));
  }
  const text = readFileSync(file, "utf8");
  expect(text).not.toMatch(/canary|zenobia/);
  expect(JSON.parse(text)).toMatchObject({
    config: { hub: { db: { url: "[redacted]" } } },
    checks: expect.arrayContaining([expect.objectContaining({ name: "database", ok: true })]),
    hub: { users: expect.any(Number), database: { migrations: expect.any(Number) } },
  });
});
