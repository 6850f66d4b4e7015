import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { usedOfGroup } from "#db/reservations.ts";
import { servers } from "#db/schema/servers.ts";
import { insertUser } from "#db/users.ts";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { anonymous, openSession } from "#server/auth/session.ts";
import { systemClock } from "#server/clock.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { putGroup, reservationsOf } from "#tests/fakes/group-rows.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import type { Called } from "#tests/fakes/portal-client.ts";
import { PortalProcess } from "#tests/fakes/portal-process.ts";
import { watchQuotas } from "#tests/fakes/quota-oracle.ts";
import { testContext } from "#tests/verb-context.ts";

const profileList = [
  { display_name: "Small", slug: "small", default: true, kubespawner_override: { cpu_limit: 1, mem_limit: "1G" } },
];
const tenancies = [
  ["one namespace for all", { namespace: "berth" }, 1],
  ["a namespace per group", { namespaceTemplate: "berth-{group}" }, 1],
  ["a namespace per user", { namespaceTemplate: "berth-{username}" }, 8],
  ["the local backend", null, 0],
] as const;

type Contender = { readonly name: string; readonly way: string; start(): Promise<Called> };

/** Two hubs, each a process with an edge before it, on one PostgreSQL and one cluster (or, local, each on a machine of its own). */
class TwoHubs {
  readonly database: FreshDatabase;
  readonly machines: readonly [PortalProcess, PortalProcess];
  readonly cluster: FakeKubeApi | null;
  readonly #key: KeyObject;
  readonly #folder: string;

  private constructor(
    database: FreshDatabase,
    machines: readonly [PortalProcess, PortalProcess],
    cluster: FakeKubeApi | null,
    key: KeyObject,
    folder: string,
  ) {
    this.database = database;
    this.machines = machines;
    this.cluster = cluster;
    this.#key = key;
    this.#folder = folder;
  }

  static async open(kubernetes: object | null): Promise<TwoHubs> {
    const database = await freshDatabase();
    await watchQuotas(database.db);
    const folder = mkdtempSync(path.join(tmpdir(), "berth-two-hubs-"));
    chmodSync(folder, 0o755);
    const cluster = kubernetes === null ? null : await startFakeKubeApi();
    const { privateKey } = generateKeyPairSync("ed25519");
    const spawner =
      cluster === null
        ? { type: "local", jupyter: lastingProgram(folder) }
        : { type: "kubernetes", kubernetes: { ...kubernetes, kubeconfig: cluster.kubeconfigPath } };
    const options = {
      config: { spawner, singleuser: { profileList } },
      databaseUrl: database.url,
      signingKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
    const first = await PortalProcess.start(options);
    return new TwoHubs(database, [first, await PortalProcess.start(options)], cluster, privateKey, folder);
  }

  async close(): Promise<void> {
    for (const machine of this.machines) await machine.stop();
    await this.cluster?.stop();
    await this.database.drop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #ctx() {
    return { ...testContext(this.database.db), clock: systemClock };
  }

  /** Every way to start a server, each over both hubs. */
  async person(n: number): Promise<Contender> {
    const name = `user${n}`;
    const cookieToken = await inTransaction(this.database.db, async (tx) => {
      const user = await insertUser(tx, { name, admin: false, passwordHash: null });
      if (user === undefined) throw new Error(`the test made ${name} twice`);
      const ctx = { ...testContext(this.database.db), clock: systemClock, actor: anonymous, signingKey: this.#key };
      return (await openSession(tx, ctx, user, "local")).token;
    });
    const { token } = await createToken(this.#ctx, { user: name });
    const machine = this.machines[n % 2 === 0 ? 0 : 1];
    const origin = { origin: machine.url.origin, "sec-fetch-site": "same-origin" };
    const page = { ...origin, cookie: `${sessionCookieName(machine.url)}=${cookieToken}` };
    const ways: readonly Contender[] = [
      { name, way: "the page", start: () => machine.mutateWith(page, "servers.start", { user: name }) },
      { name, way: "tRPC, past the edge", start: () => machine.mutateAtHub(page, "servers.start", { user: name }) },
      {
        ...{ name, way: "tRPC by token" },
        start: () => machine.mutateWith({ authorization: `token ${token}` }, "servers.start", { user: name }),
      },
      { name, way: "REST", start: () => machine.post(token, `/users/${name}/server`) },
      { name, way: "REST, a named server", start: () => machine.post(token, `/users/${name}/servers/second`) },
    ];
    return ways[Math.floor(n / 2) % ways.length] ?? expect.unreachable("there are ways");
  }

  async stop(name: string): Promise<void> {
    const rows = await this.database.db.query.users.findMany();
    const owner = rows.find((row) => row.name === name);
    for (const server of await this.database.db.select().from(servers).where(eq(servers.desired, "running")))
      if (server.userId === owner?.id) await stopServer(this.#ctx, { user: name, name: server.name });
  }
}

/** In JupyterLab's place: it lasts, and that is all. */
function lastingProgram(folder: string): string {
  const file = path.join(folder, "jupyter");
  writeFileSync(file, "#!/bin/sh\nexec sleep 600\n");
  chmodSync(file, 0o755);
  return file;
}

/** Asks all at once, and meanwhile looks again and again at what is held. */
async function storm(
  hubs: TwoHubs,
  groupId: string,
  people: readonly Contender[],
): Promise<{ won: string[]; lost: Called[]; lostWays: Set<string>; most: number }> {
  let most = 0;
  let over = false;
  const watching = (async () => {
    while (!over) most = Math.max(most, (await usedOfGroup(hubs.database.db, groupId)).servers);
  })();
  const called = await Promise.all(people.map(async (one) => ({ one, answer: await one.start() })));
  over = true;
  await watching;
  const lost = called.filter(({ answer }) => answer.code !== null);
  return {
    won: called.filter(({ answer }) => answer.code === null).map(({ one }) => one.name),
    lost: lost.map(({ answer }) => answer),
    lostWays: new Set(lost.map(({ one }) => one.way)),
    most,
  };
}

/** Which quota, how much of it is used, by whom, and when some of it may come back. */
function expectTold(lost: readonly Called[], holders: readonly string[]): void {
  const said =
    /^Group physics has used 8 of 8 servers: (?<names>.+) and 4 others\. The next may free up when somebody stops their server(; \w+’s has run longest, for \d+ minutes?)?\.$/;
  expect(lost.filter(({ code }) => code !== "limit-reached")).toEqual([]);
  for (const { message } of lost) {
    expect(message).toMatch(said);
    for (const name of said.exec(message)?.groups?.names?.split(", ") ?? []) expect(holders).toContain(name);
  }
}

describe.each(tenancies)("S-44, R-04: two hub processes and their edges, with %s", (_title, kubernetes, namespaces) => {
  let hubs: TwoHubs;
  let mostPods = 0;
  beforeAll(async () => {
    hubs = await TwoHubs.open(kubernetes);
    const { cluster } = hubs;
    if (cluster !== null)
      cluster.pods.onCreated = () => {
        mostPods = Math.max(mostPods, cluster.pods.all().length);
      };
  });
  afterAll(() => hubs.close());

  test("200 starts at once by page, tRPC and tokens take eight places, then the one that comes free; the others are told who has them", async () => {
    const { db } = hubs.database;
    const people = await Promise.all(Array.from({ length: 200 }, (_, n) => hubs.person(n)));
    const members = Object.fromEntries(people.map(({ name }) => [name, "member" as const]));
    const id = await putGroup(db, "physics", members, { quota: { servers: 8, cpuLimitMillicores: 8000 } });

    const first = await storm(hubs, id, people);
    expect([first.won.length, first.most]).toEqual([8, 8]);
    expectTold(first.lost, first.won);
    expect(first.lostWays.size).toBe(5);
    expect(await reservationsOf(db)).toHaveLength(8);
    // A rejection leaves nothing behind.
    expect(await db.select().from(servers)).toHaveLength(8);

    const { cluster } = hubs;
    if (cluster !== null) {
      await until(async () => cluster.pods.all().length === 8, "those who won have pods");
      expect(new Set(cluster.pods.all().map(({ metadata }) => metadata.namespace)).size).toBe(namespaces);
    }

    const [leaver = ""] = first.won;
    await hubs.stop(leaver);
    await until(async () => (await reservationsOf(db)).length === 7, "the place is free");
    const others = people.filter(({ name }) => !first.won.includes(name));
    const second = await storm(hubs, id, others);
    expect([second.won.length, second.most]).toEqual([1, 8]);
    expectTold(second.lost, [...first.won.filter((name) => name !== leaver), ...second.won]);
    expect(second.lostWays.size).toBe(5);
    expect(mostPods).toBe(cluster === null ? 0 : 8);

    for (const name of [...first.won, ...second.won]) await hubs.stop(name);
    await until(async () => (await reservationsOf(db)).length === 0, "nothing is held any more");
    expect(cluster?.pods.all() ?? []).toEqual([]);
  }, 180_000);
});
