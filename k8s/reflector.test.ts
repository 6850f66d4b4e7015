import type { V1Pod } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "#tests/contract/spawner.contract.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { SteppingClock } from "#tests/fakes/stepping-clock.ts";
import { createKubeClient, type KubeClient } from "./client.ts";
import { pods } from "./kinds.ts";
import { Reflector } from "./reflector.ts";

describe("the reflector", () => {
  let api: FakeKubeApi;
  let client: KubeClient;
  let clock: SteppingClock;
  let abort: AbortController;
  let running: Promise<void>;
  let words: string[];
  let reflector: Reflector<V1Pod, string>;

  beforeEach(async () => {
    api = await startFakeKubeApi();
    clock = new SteppingClock();
    client = await createKubeClient({
      kubeconfigPath: api.kubeconfigPath,
      requestsInFlight: 4,
      userAgent: "test",
      time: clock,
    });
    abort = new AbortController();
    words = [];
    reflector = new Reflector<V1Pod, string>({
      client,
      kind: pods,
      namespace: "berth",
      labelSelector: "app=a",
      slim: ({ metadata }) => metadata?.name ?? "",
      time: clock,
      // No jitter: the longest pause each time.
      random: () => 1,
      added: (name) => void words.push(`+${name}`),
      modified: (name) => void words.push(`~${name}`),
      deleted: (name) => void words.push(`-${name}`),
      stale: (since) => void words.push(since === null ? "fresh" : "stale"),
    });
    running = reflector.run(abort.signal);
  });
  afterEach(async () => {
    abort.abort(new Error("the test ends"));
    await running;
    await client.close();
    await api.stop();
  });

  const add = (name: string) =>
    api.store.create("pods", "berth", { metadata: { name, labels: { app: "a" } } as { name: string } });
  const touch = (name: string) => api.store.update("pods", api.pods.named(name));
  const names = () => [...reflector.items.values()].toSorted();
  const watching = () => until(async () => api.watches.count("pods") === 1, "the watch");
  const heard = (word: string) => until(async () => words.includes(word), word);
  const lists = () => api.requests.filter(({ verb }) => verb === "list");
  const lastWatch = () => api.requests.findLast(({ verb }) => verb === "watch")?.query.get("resourceVersion");
  /** Moves time on whenever something sleeps, until the condition holds. */
  const pass = (condition: () => boolean, title: string, stepMs = 1000) =>
    until(async () => {
      if (condition()) return true;
      clock.advance(stepMs);
      return false;
    }, title);

  test("lists from the cache, watches on with bookmarks, and tells every change once", async () => {
    add("p1");
    await watching();
    add("p2");
    touch("p1");
    api.pods.kill("p2");
    await heard("-p2");
    expect(words.filter((word) => word !== "fresh")).toEqual(["+p1", "+p2", "~p1", "-p2"]);
    expect(names()).toEqual(["p1"]);
    expect(lists().map(({ query }) => query.get("resourceVersion"))).toEqual(["0"]);
    expect(api.requests.find(({ verb }) => verb === "watch")?.query.get("allowWatchBookmarks")).toBe("true");
    expect(reflector.stats).toMatchObject({ relists: 1, watches: 1, events: 3 });
  });

  test("F-07: what other objects do reaches it as bookmarks, and the next watch goes on from there without a list", async () => {
    await watching();
    api.store.create("pods", "berth", { metadata: { name: "other" } });
    api.watches.bookmark();
    clock.advance(30_000);
    const version = String(api.store.version);
    api.store.compact();
    await pass(() => {
      api.watches.end();
      return lastWatch() === version;
    }, "the next watch");
  });

  test("F-07: a 410 costs one list, in which a deletion nobody saw is noticed", async () => {
    add("p1");
    add("p2");
    await watching();
    api.faults.silent = true;
    api.pods.kill("p1");
    add("p3");
    api.store.compact();
    api.faults.silent = false;
    api.watches.cut();
    await pass(() => words.includes("-p1"), "the list");
    expect(names()).toEqual(["p2", "p3"]);
    expect(lists()).toHaveLength(2);
    expect(lists()[1]?.query.get("resourceVersionMatch")).toBe("NotOlderThan");
    expect(words.filter((word) => word === "+p2")).toHaveLength(1);
  });

  test("F-08: a watch that is open and silent for a minute is given up, said to be stale, and replaced; nothing is lost", async () => {
    add("p1");
    await watching();
    api.faults.silent = true;
    add("p2");
    clock.advance(59_999);
    await until(async () => clock.sleeping === 1, "the dead-man");
    expect(words).not.toContain("stale");
    clock.advance(1);
    await heard("stale");
    expect(reflector.staleSince).toEqual(new Date("2027-03-01T08:00:00.000Z"));
    api.faults.silent = false;
    await pass(() => words.includes("+p2"), "the next watch");
    expect(words.slice(-3)).toEqual(["stale", "fresh", "+p2"]);
    expect(lists()).toHaveLength(1);
  });

  test("F-04: an API server that is away for ten minutes deletes nothing; tries are jittered and bounded", async () => {
    add("p1");
    await watching();
    await api.down();
    await until(async () => {
      clock.advance(5000);
      return reflector.stats.watches > 60;
    }, "ten minutes of tries");
    const seconds = clock.monotonicMs() / 1000;
    expect(reflector.staleSince).not.toBeNull();
    expect(names()).toEqual(["p1"]);
    expect(seconds).toBeGreaterThan(500);
    await api.up();
    await pass(() => reflector.staleSince === null, "the return");
    expect(words).not.toContain("-p1");
    expect(lists()).toHaveLength(1);
  });

  test("R-09: duplicated and reordered events change nothing twice and take nothing back", async () => {
    const held: Parameters<typeof api.faults.onEvent>[0][] = [];
    await watching();
    add("p1");
    await heard("+p1");
    api.faults.onEvent = (change) => {
      if (change.type === "MODIFIED") held.push(change);
      return change.type === "DELETED" ? [change, ...held, change] : [];
    };
    touch("p1");
    api.pods.kill("p1");
    api.faults.onEvent = (change) => [change, change];
    add("p2");
    await heard("+p2");
    expect(words.filter((word) => word !== "fresh")).toEqual(["+p1", "-p1", "+p2"]);
    expect(names()).toEqual(["p2"]);
  });

  test("R-09: a list from an API server that lags behind is not believed; a consistent read is", async () => {
    add("p1");
    const before = api.store.version;
    await watching();
    add("p2");
    await heard("+p2");
    api.store.compact();
    api.faults.add({ verb: "list" }, { kind: "stale-list", version: before });
    api.watches.cut();
    await pass(() => lists().length === 3, "the lists");
    await watching();
    expect(names()).toEqual(["p1", "p2"]);
    expect(words).not.toContain("-p2");
    expect(lists()[2]?.query.get("resourceVersion")).toBeNull();
  });

  test("a 429 on the watch is waited out", async () => {
    await watching();
    api.faults.add({ verb: "watch" }, { kind: "answer", status: 429, retryAfterSeconds: 30 });
    clock.advance(10_000);
    api.watches.cut();
    await pass(() => reflector.stats.failures === 2, "the refusal", 50);
    const at = clock.monotonicMs();
    await pass(() => reflector.stats.watches === 3, "the next try");
    expect(clock.monotonicMs() - at).toBeGreaterThanOrEqual(30_000);
  });
});
