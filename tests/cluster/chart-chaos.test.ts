import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Deletion, deleteAtRandom, parts, SeenServers, userOf } from "./chart-chaos.ts";
import { tryFromInside } from "./chart-inside.ts";
import { keepKernel, keepLine, keepReading, type Load, Starter } from "./chart-load.ts";
import { Patience } from "./chart-patience.ts";
import { type CorePod, isReady, prepareChartTests, Release } from "./chart-release.ts";
import { chartValues, drainSeconds } from "./chart-values.ts";
import { type HeldLine, Visitor } from "./chart-visitor.ts";
import { waitFor } from "./processes.ts";

/** `.ci/run` takes five minutes. */
const chaosSeconds = Number(process.env.BERTH_TEST_CHAOS_SECONDS ?? 60);
const seed = Number(process.env.BERTH_TEST_CHAOS_SEED ?? randomInt(2 ** 31));

const password = "correct horse battery";
const withKernel = ["kernel-0", "kernel-1"];
const withLine = ["line-0", "line-1", "line-2", "line-3"];
const starting = ["starter-0", "starter-1", "starter-2"];

let release: Release;
let portal: Visitor;
const tokens = new Map<string, string>();
const loggedIn = new Map<string, Visitor>();
const kernels = new Map<string, string>();
const atWork = new Patience();
const inServers = new Patience();

const as = (user: string) => portal.withToken(tokens.get(user) ?? "");
const browserOf = (user: string) => loggedIn.get(user) ?? portal;
const kernelOf = (user: string) => kernels.get(user) ?? "";
const starterOf = (user: string) => new Starter(user, as(user), atWork);

beforeAll(async () => {
  await prepareChartTests();
  release = await Release.create(inject("kubeconfig"), "berth-chart-chaos");
  await release.upgrade(chartValues());
  portal = await Visitor.of(release);
  for (const user of [...withKernel, ...withLine, ...starting]) {
    await release.execInHub(["berth", "user", "add", user, "--password-stdin"], `${password}\n`);
    tokens.set(user, (await release.execInHub(["berth", "token", "create", "--user", user])).trim());
  }
  for (const user of withLine) await as(user).json("POST", `/hub/api/users/${user}/server`, { profile: "echo" });
  for (const user of withKernel) await as(user).json("POST", `/hub/api/users/${user}/server`, {});
  for (const user of [...withLine, ...withKernel]) {
    await waitFor(`${user}'s server`, 180, async () => (await starterOf(user).is()) === "ready");
    loggedIn.set(user, await portal.logIn(user, password));
  }
  for (const user of withKernel) {
    const kernel = await browserOf(user).newKernel(`/user/${user}/`, "python3");
    kernels.set(user, kernel);
    expect(await browserOf(user).runCellIn(`/user/${user}/`, kernel, `kept = "${user}"; print(kept)`)).toBe(user);
  }
}, 600_000);
afterAll(async () => await release?.remove());

test("S-70, S-72, S-73: from a notebook neither the API server, the internal listener, the database nor another user's server lets anybody in", async () => {
  const neighbour = (await release.pods("singleuser-server")).find(({ metadata }) => userOf(metadata) === "kernel-1");
  const [hub, postgres] = [(await release.pods("hub"))[0], (await release.pods("postgres"))[0]];
  const address = (pod: CorePod | undefined) => pod?.status.podIP ?? "";
  const token = tokens.get("kernel-0") ?? "";
  const places = { hub: address(hub), neighbour: address(neighbour), postgres: address(postgres) };
  const script = tryFromInside({ token, ...places });
  const printed = await browserOf("kernel-0").runCellIn("/user/kernel-0/", kernelOf("kernel-0"), script);
  expect(JSON.parse(printed)).toEqual({
    credentials: [],
    services: [],
    // Nobody to the API server, and somebody it doesn't know.
    apiServer: [403, 401],
    internal: [403, 403, 403],
    neighbour: [403, 403],
    hub: [403, 403, 403],
    database: "wants SCRAM",
  });
});

/** Rejects nothing: what went wrong is in the list, and the first of it ends all the rest. */
async function problemsOf(work: readonly Promise<unknown>[], failed: AbortController): Promise<string[]> {
  const outcomes = work.map((one) =>
    one.then(
      () => [],
      (error: unknown) => {
        failed.abort();
        return [String(error)];
      },
    ),
  );
  return (await Promise.all(outcomes)).flat();
}

function readers(ofPortal: Load, ofServers: Load, user: string): Promise<void>[] {
  const [browser, script] = [browserOf(user), as(user)];
  return [
    keepReading(ofPortal, { visitor: browser, path: "/hub/home", shows: user }),
    keepReading(ofPortal, { visitor: browser, path: "/api/trpc/me.get", shows: user }),
    keepReading(ofPortal, { visitor: script, path: "/hub/api/user", shows: user }),
    keepReading(ofServers, { visitor: browser, path: `/user/${user}/`, shows: "here" }),
  ];
}

function everyLineWaited(endings: readonly NonNullable<HeldLine["ended"]>[], deleted: readonly Deletion[]): void {
  const edgesMs = deleted.filter(({ part }) => part === "edge").map(({ atMs }) => atMs);
  for (const { code, atMs } of endings) {
    expect(code).toBe(1012);
    const waitedSeconds = edgesMs.map((deletedMs) => (atMs - deletedMs) / 1000);
    expect(waitedSeconds.some((seconds) => seconds >= drainSeconds && seconds < drainSeconds + 15)).toBe(true);
  }
}

const title = `edge, hub, web and database pods deleted at random for ${chaosSeconds} s`;
test(
  `${title}: nobody sees more than a request that is repeated, running servers are untouched, every start ends as wished`,
  async () => {
    console.log(`BERTH_TEST_CHAOS_SEED=${seed}`);
    const failed = new AbortController();
    const signal = AbortSignal.any([AbortSignal.timeout(chaosSeconds * 1000), failed.signal]);
    const [ofPortal, ofServers] = [
      { patience: atWork, signal },
      { patience: inServers, signal },
    ];
    const seen = new SeenServers(release);
    await seen.look();
    const before = new Map([...withKernel, ...withLine].map((user) => [user, seen.podsOf(user)]));
    const starters = starting.map(starterOf);

    const startedMs = Date.now();
    const deleting = deleteAtRandom(release, seed, signal);
    const lines = withLine.map((user) => keepLine(ofServers, browserOf(user), `/user/${user}/echo`));
    const problems = await problemsOf(
      [
        ...[deleting, seen.watch(signal), ...lines],
        ...withKernel.map((user) => keepKernel(ofServers, browserOf(user), `/user/${user}/`, kernelOf(user), user)),
        ...starters.map((starter) => starter.keepStarting(ofPortal)),
        ...withLine.slice(0, 2).flatMap((user) => readers(ofPortal, ofServers, user)),
      ],
      failed,
    );
    const deleted = await deleting;
    console.log(deleted.map(({ part, atMs }) => `${part} ${Math.round((atMs - startedMs) / 1000)}`).join(", "));
    console.log(`portal: ${atWork.summary()}\nservers: ${inServers.summary()}`);
    expect(problems).toEqual([]);

    everyLineWaited((await Promise.all(lines)).flat(), deleted);
    // Who is at work in a server notices nothing of hub, web and database: only the connections to an edge that goes end.
    expect(inServers.repeated.flatMap(({ because }) => because).filter((why) => /^\d/.test(why))).toEqual([]);
    for (const [user, pods] of before) expect(seen.podsOf(user)).toEqual(pods);
    for (const { name, starts } of starters) {
      expect(starts).toBeGreaterThan(0);
      expect(seen.podsOf(name).map(({ restarts }) => restarts)).toEqual(new Array(starts).fill(0));
    }
  },
  (chaosSeconds + 600) * 1000,
);

describe("afterwards", () => {
  test("every part is whole again, and everybody reaches the same server and kernel", async () => {
    for (const part of parts)
      await waitFor(`${part} is whole`, 180, async () => {
        const pods = await release.pods(part);
        return pods.every(isReady) && pods.length === (part === "postgres" ? 1 : 2);
      });
    for (const user of withLine) await starterOf(user).use();
    for (const user of withKernel)
      expect(await browserOf(user).runCellIn(`/user/${user}/`, kernelOf(user), "print(kept)")).toBe(user);
  });

  test("whoever was logged in still is; a new login and a new start work", async () => {
    for (const user of withLine) expect((await browserOf(user).ask("GET", "/hub/home")).status).toBe(200);
    const again = await portal.logIn("kernel-0", password);
    expect((await again.ask("GET", "/hub/home")).status).toBe(200);
    await starterOf("starter-0").start();
    await starterOf("starter-0").use();
  });

  test("a profile that helm upgrade adds can be started, and no pod of the portal was replaced for it", async () => {
    const pods = async () =>
      (await Promise.all(["hub", "edge", "web"].map((part) => release.pods(part))))
        .flat()
        .map(({ metadata }) => metadata.uid);
    const before = await pods();
    const { singleuser } = chartValues();
    const added = { ...singleuser.profileList[1], display_name: "Added", slug: "added" };
    const profileList = [...singleuser.profileList, added];
    await release.upgrade({ ...chartValues(), singleuser: { ...singleuser, profileList } });
    const start = async () =>
      await as("line-0").ask("POST", "/hub/api/users/line-0/servers/more", { profile: "added" });
    // The kubelet looks at what it mounted once a minute.
    await waitFor("the new profile in every hub", 180, async () => (await start()).status < 300);
    expect(await pods()).toEqual(before);
  });
});
