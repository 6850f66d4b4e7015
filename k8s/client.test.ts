import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { until } from "#tests/contract/spawner.contract.ts";
import { type FakeKubeApi, startFakeKubeApi } from "#tests/fakes/kube-api.ts";
import { SteppingClock } from "#tests/fakes/stepping-clock.ts";
import { createKubeClient, type KubeClient, type KubeClientOptions } from "./client.ts";
import { isAlreadyExists, isConflict, isNotFound, isTooManyRequests, isUnavailable } from "./errors.ts";
import { pods, secrets } from "./kinds.ts";

describe("the Kubernetes client", () => {
  let api: FakeKubeApi;
  const clients: KubeClient[] = [];

  beforeEach(async () => {
    api = await startFakeKubeApi();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await api.stop();
  });

  async function connect(options: Partial<KubeClientOptions> = {}): Promise<KubeClient> {
    const client = await createKubeClient({
      kubeconfigPath: api.kubeconfigPath,
      requestsInFlight: 4,
      userAgent: "berth/test",
      time: systemClock,
      ...options,
    });
    clients.push(client);
    return client;
  }

  const secret = (name: string) => ({ apiVersion: "v1", kind: "Secret", metadata: { name } });

  test("300 calls one after the other share their connection, instead of one each", async () => {
    const client = await connect();
    for (let call = 0; call < 300; call++) await client.list(pods, { namespace: "berth" });
    // A second one may open while the first answer's last byte is still being read.
    expect(api.connections()).toBeLessThanOrEqual(2);
  });

  test("never more calls in flight than allowed, and no more connections than that", async () => {
    const client = await connect();
    api.faults.add({ verb: "list" }, { kind: "hang" }, 100);
    const calls = Array.from({ length: 20 }, () => client.list(pods, { namespace: "berth" }));
    await until(async () => api.requests.length === 4, "four calls in flight");
    api.faults.clear();
    api.faults.release();
    await Promise.all(calls);
    expect(api.requests).toHaveLength(20);
    expect(api.connections()).toBe(4);
  });

  test("a watch takes no place from calls", async () => {
    const client = await connect({ requestsInFlight: 1 });
    const abort = new AbortController();
    const lines: string[] = [];
    const handlers = { opened: () => undefined, line: (text: string) => void lines.push(text) };
    const query = { namespace: "berth", resourceVersion: "1002", timeoutSeconds: 50 };
    const watching = client.watch(secrets, query, handlers, abort.signal);
    await until(async () => api.watches.count("secrets") === 1, "the watch");
    await client.create(secrets, "berth", secret("ä"));
    await until(async () => lines.length === 1, "the event");
    expect(JSON.parse(lines[0] ?? "").object.metadata.name).toBe("ä");
    abort.abort();
    await watching;
  });

  test("what the API server refuses is told apart by predicates, never by text", async () => {
    const client = await connect();
    const made = await client.create(secrets, "berth", secret("one"));
    const at = { namespace: "berth", name: "one" };
    expect(await client.create(secrets, "berth", secret("one")).catch(isAlreadyExists)).toBe(true);
    expect(await client.get(secrets, { ...at, name: "two" }).catch(isNotFound)).toBe(true);
    expect(await client.delete(secrets, { ...at, uid: "another" }).catch(isConflict)).toBe(true);
    await client.delete(secrets, { ...at, uid: made.metadata?.uid ?? "" });
    expect(api.store.list("secrets", "berth")).toEqual([]);
  });

  test("F-06: a 429 is waited out for as long as it says, by every call, with at most a tenth more", async () => {
    const clock = new SteppingClock();
    const client = await connect({ time: clock, random: () => 0.5 });
    api.faults.add({ verb: "list" }, { kind: "answer", status: 429, retryAfterSeconds: 5 });
    const first = client.list(pods, { namespace: "berth" });
    await until(async () => clock.sleeping === 1, "the pause");
    const second = client.get(pods, { namespace: "berth", name: "x" });
    await until(async () => clock.sleeping === 2, "the other call's pause");
    clock.advance(5249);
    expect(clock.sleeping).toBe(2);
    clock.advance(1);
    await first;
    expect(await second.catch(isNotFound)).toBe(true);
    expect(api.requests).toHaveLength(3);
  });

  test("F-06: an API server that is busy for longer than the patience is told of, with its own wish", async () => {
    const client = await connect({ patienceMs: 3000 });
    api.faults.add({ verb: "create" }, { kind: "answer", status: 429, retryAfterSeconds: 5 }, 10);
    const error = await client.create(secrets, "berth", secret("one")).catch((reason: unknown) => reason);
    expect(isTooManyRequests(error) && error.retryAfterSeconds).toBe(5);
    expect(api.requests).toHaveLength(1);
  });

  test("F-10: a write whose answer was lost is not repeated behind the caller's back", async () => {
    const client = await connect();
    api.faults.add({ verb: "create" }, { kind: "applied-but-reset" });
    expect(await client.create(secrets, "berth", secret("one")).catch(isUnavailable)).toBe(true);
    expect(api.writesAndReads()).toEqual(["create secrets"]);
    expect(api.store.list("secrets", "berth")).toHaveLength(1);
  });

  test("a read on a connection that broke is asked once more", async () => {
    const client = await connect();
    api.faults.add({ verb: "list" }, { kind: "reset" });
    expect((await client.list(pods, { namespace: "berth" })).items).toEqual([]);
    expect(api.requests).toHaveLength(2);
  });

  test("F-05: an API server that never answers costs the deadline, not for ever", async () => {
    const client = await connect({ deadlineMs: 50 });
    api.faults.add({ verb: "get" }, { kind: "hang" }, 10);
    const error = await client.get(pods, { namespace: "berth", name: "x" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ brand: "KubeApiError", status: 0, reason: "DeadlineExceeded" });
    expect(api.requests).toHaveLength(1);
  });

  test("a token that is refused once is read again", async () => {
    const client = await connect();
    api.faults.add({ verb: "list" }, { kind: "answer", status: 401, reason: "Unauthorized" });
    expect((await client.list(pods, { namespace: "berth" })).items).toEqual([]);
  });

  test("R-03: every call but watches goes through the hook, with what it is about", async () => {
    const seen: string[] = [];
    const client = await connect({
      around: async (call, run) => {
        seen.push(`before ${call.verb} ${call.kind} ${call.name}`);
        const result = await run();
        seen.push(`after ${call.verb} ${call.kind} ${call.name}`);
        return result;
      },
    });
    await client.create(secrets, "berth", secret("one"));
    expect(seen).toEqual(["before create secrets one", "after create secrets one"]);
  });
});
