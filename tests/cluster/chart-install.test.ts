import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Patience } from "./chart-patience.ts";
import { coldStartSeconds, endAskedAtMs, isReady, nextImage, prepareChartTests, Release } from "./chart-release.ts";
import { chartValues, drainSeconds, publicUrl } from "./chart-values.ts";
import { type HeldLine, Visitor } from "./chart-visitor.ts";
import { waitFor } from "./processes.ts";
import { berthImage } from "./recipes/berth-image.ts";

const password = "correct horse battery";
const withWebSocket = Array.from({ length: 20 }, (_, index) => `socket-${index}`);
const starters = Array.from({ length: 5 }, (_, index) => `starter-${index}`);

let release: Release;
let portal: Visitor;
let ana: Visitor;
let admin: Visitor;
const tokens = new Map<string, string>();

beforeAll(async () => {
  await prepareChartTests();
  release = await Release.create(inject("kubeconfig"), "berth-chart-test");
});
afterAll(async () => await release?.remove());

const as = (user: string) => portal.withToken(tokens.get(user) ?? "");

async function serverReady(user: string): Promise<void> {
  await waitFor(`${user}'s server is ready`, 120, async () => {
    const { servers } = (await admin.json("GET", `/hub/api/users/${user}`)) as {
      servers: Record<string, { ready: boolean } | undefined>;
    };
    return servers[""]?.ready === true;
  });
}

async function imagesOf(component: string): Promise<string[]> {
  return (await release.pods(component)).filter(isReady).map(({ spec }) => spec.containers[0]?.image ?? "");
}

const withHook = (image: string) => ({ ...chartValues(image), prePuller: { hook: { enabled: true } } });

test("the documented command installs edge, hub and web, two of each, on a cluster without DNS", async () => {
  const notes = await release.upgrade(withHook(berthImage));
  expect(notes).toContain(publicUrl);
  expect(notes).toContain("berth user add");
  for (const component of ["edge", "hub", "web"]) expect(await imagesOf(component)).toEqual([berthImage, berthImage]);
  for (const component of ["edge", "hub", "web"])
    console.log(`cold start of ${component}: ${(await release.pods(component)).map(coldStartSeconds).join(" and ")} s`);
  // What pulled the images beforehand has gone again, with its account.
  for (const [group, kind, name] of [
    ["apis/apps/v1", "daemonsets", "hook-image-puller"],
    ["apis/batch/v1", "jobs", "hook-image-awaiter"],
    ["api/v1", "serviceaccounts", "hook-image-awaiter"],
  ])
    await expect(release.api.get(`/${group}/namespaces/${release.namespace}/${kind}/${name}`)).rejects.toThrow("404");
});

test("an upgrade to an image that no node can pull is given up before anything is replaced, and helm says node, image and what to do", async () => {
  const hook = { enabled: true, timeoutSeconds: 20 };
  const values = { ...withHook(berthImage), prePuller: { hook, extraImages: { wrong: "localhost/there-is-none:1" } } };
  const said = await release.upgrade(values).then(
    () => "it went through",
    (error: unknown) => String(error),
  );
  expect(said).toMatch(/\n- \S+: localhost\/there-is-none:1: (ErrImagePull|ImagePullBackOff)/);
  expect(said).toContain("prePuller.hook.timeoutSeconds");
  for (const component of ["edge", "hub", "web"]) expect(await imagesOf(component)).toEqual([berthImage, berthImage]);
  await expect(
    release.api.get(`/apis/apps/v1/namespaces/${release.namespace}/daemonsets/hook-image-puller`),
  ).rejects.toThrow("404");
});

test("the first login is made as the notes say, and works through the Service", async () => {
  portal = await Visitor.of(release);
  for (const [name, ...more] of [["admin", "--admin"], ["ana"]])
    await release.execInHub(["berth", "user", "add", name ?? "", ...more, "--password-stdin"], `${password}\n`);
  ana = await portal.logIn("ana", password);
  expect((await ana.ask("GET", "/hub/home")).status).toBe(200);
  const adminToken = await release.execInHub([
    "berth",
    "token",
    "create",
    "--user",
    "admin",
    "--scopes",
    "admin:users,admin:servers",
  ]);
  expect(adminToken).toMatch(/^\S{20,}\n$/);
  admin = portal.withToken(adminToken.trim());
  await admin.json("POST", "/hub/api/users", { usernames: [...withWebSocket, ...starters] });
  // Nobody but a user, or whoever owns the installation, makes a token that opens that user's servers.
  for (const user of ["ana", ...withWebSocket, ...starters])
    tokens.set(user, (await release.execInHub(["berth", "token", "create", "--user", user])).trim());
});

test("doctor finds nothing wrong in a release that nobody touched", async () => {
  const checks: { name: string; ok: boolean; message: string }[] = JSON.parse(
    await release.execInHub(["berth", "doctor", "-o", "json"]),
  );
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["database", "Kubernetes API", "Kubernetes permissions", "Default profile"]),
  );
});

test("a Python and an R cell run in a pod with limits", async () => {
  await as("ana").json("POST", "/hub/api/users/ana/server", {});
  await serverReady("ana");
  expect(await ana.runCell("/user/ana/", "python3", "print(6 * 7)")).toBe("42");
  expect(await ana.runCell("/user/ana/", "ir", "cat(sum(1:10))")).toBe("55");
  const limit =
    "import os; print(next(open(f).read() for f in ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes') if os.path.exists(f)))";
  // The kernel counts in pages.
  expect(Math.abs(Number(await ana.runCell("/user/ana/", "python3", limit)) - 768 * 2 ** 20)).toBeLessThan(2 ** 20);
});

/** Pods of the portal that were told to end, each noted once, with when. */
class Leaving {
  readonly #noted = new Map<string, { readonly component: string; readonly atMs: number }>();

  async look(): Promise<void> {
    for (const component of ["edge", "hub", "web"])
      for (const pod of await release.pods(component)) {
        const atMs = endAskedAtMs(pod);
        if (atMs !== null && !this.#noted.has(pod.metadata.name))
          this.#noted.set(pod.metadata.name, { component, atMs });
      }
  }

  of(component: string): number[] {
    return [...this.#noted.values()].filter((one) => one.component === component).map(({ atMs }) => atMs);
  }

  get count(): number {
    return this.#noted.size;
  }
}

const lines: HeldLine[] = [];

test("twenty users have a WebSocket open to their servers", async () => {
  for (const user of withWebSocket) await as(user).json("POST", `/hub/api/users/${user}/server`, { profile: "echo" });
  await Promise.all(withWebSocket.map(serverReady));
  for (const user of withWebSocket) lines.push(await as(user).line(`/user/${user}/echo`));
  for (const line of lines) line.say("hello");
  await waitFor("every echo", 10, () => lines.every(({ heard }) => heard === 1));
});

/** Upgrades; whenever one more pod of the portal goes, the next user starts a server. */
async function upgradeUnderLoad(leaving: Leaving): Promise<{ readonly ordered: string[]; readonly refused: string[] }> {
  const ordered: string[] = [];
  const refused: string[] = [];
  let upgraded = false;
  const upgrading = release.upgrade(withHook(nextImage)).finally(() => {
    upgraded = true;
  });
  await waitFor("the upgrade is through and the old pods are gone", 280, async () => {
    await leaving.look();
    const user = starters[ordered.length];
    if (user !== undefined && (leaving.count > ordered.length || upgraded)) {
      ordered.push(user);
      const { status, text } = await as(user).ask("POST", `/hub/api/users/${user}/server`, { profile: "echo" });
      if (status >= 300) refused.push(`${user}: ${status} ${text}`);
    }
    const open = lines.filter(({ ended }) => ended === null);
    for (const line of open) line.say("still here");
    return upgraded && ordered.length === starters.length && (await release.pods("edge")).length === 2;
  });
  await upgrading;
  return { ordered, refused };
}

test("an upgrade under load loses no start and ends no WebSocket before its edge's drain time is over", async () => {
  const leaving = new Leaving();
  const { refused } = await upgradeUnderLoad(leaving);
  expect(refused).toEqual([]);
  await Promise.all(starters.map(serverReady));
  for (const component of ["edge", "hub", "web"]) {
    expect(await imagesOf(component)).toEqual([nextImage, nextImage]);
    expect(leaving.of(component)).toHaveLength(2);
  }
  for (const { ended } of lines) {
    expect(ended?.code).toBe(1012);
    // Each belonged to one of the two edges that went.
    const waitedSeconds = leaving.of("edge").map((atMs) => ((ended?.atMs ?? 0) - atMs) / 1000);
    expect(waitedSeconds.some((seconds) => seconds >= drainSeconds && seconds < drainSeconds + 15)).toBe(true);
  }
});

async function everyServerAnswers(): Promise<void> {
  for (const user of [...withWebSocket, ...starters]) {
    const line = await as(user).line(`/user/${user}/echo`);
    line.say("again");
    expect(await line.first((text) => text)).toBe("again");
    line.hangUp();
  }
  expect(await statusOf("/user/ana/api/status")).toBe(200);
}

/** As a browser asks: an idle connection that an edge on its way out has closed is no answer yet. */
async function statusOf(path: string): Promise<number> {
  return (await new Patience().ask(`GET ${path}`, () => ana.ask("GET", path))).status;
}

test("afterwards everybody reaches the same server again, and whoever was logged in still is", async () => {
  await everyServerAnswers();
  expect(await statusOf("/hub/home")).toBe(200);
});

test("a rollback brings the version before back; servers and logins go on", async () => {
  await release.helm("rollback", "berth", "1", "--namespace", release.namespace, "--wait", "--timeout", "4m");
  await waitFor("only the version before is left", 120, async () => {
    const images = await Promise.all(["edge", "hub", "web"].map(imagesOf));
    return images.every((found) => found.length === 2 && found.every((image) => image === berthImage));
  });
  await everyServerAnswers();
  expect(await statusOf("/hub/home")).toBe(200);
});

test("uninstalling leaves every home, and says so", async () => {
  const before = (await release.claims()).map(({ metadata }) => metadata.uid);
  expect(before.length).toBeGreaterThan(withWebSocket.length + starters.length);
  const said = await release.helm("uninstall", "berth", "--namespace", release.namespace, "--wait");
  expect(said).toMatch(/homes?/i);
  expect((await release.claims()).map(({ metadata }) => metadata.uid)).toEqual(before);
  // They are told to end, and take their time.
  for (const role of ["hub", "edge", "web"])
    await waitFor(`the pods of ${role} to be gone`, 180, async () => (await release.pods(role)).length === 0);
});
