import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { createInstallation, type Installation, listed, smallApp } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";
import { type EmptyRegistry, startEmptyRegistry } from "./registry.ts";

const running = (...command: string[]) => ({ app: { ...smallApp, command } });
const tooLarge = { cpu_limit: 512, cpu_guarantee: 512 };

function profilesFor(registry: EmptyRegistry): object[] {
  const overrides: Record<string, object> = {
    small: {},
    evicted: {},
    missing: { image: registry.image("missing") },
    forbidden: { image: registry.image("forbidden") },
    // Long enough for a volume and a place on a busy machine: the clock stands still only while the image is pulled.
    slow: { image: registry.image("slow"), start_timeout: 40 },
    hanging: { image: registry.image("hanging") },
    // In one stream: what two bring is in no order.
    exits: running("sh", "-c", "exec 2>&1; echo reading the settings; echo they are wrong >&2; exit 3"),
    completes: running("sh", "-c", "echo all done"),
    nothing: running("/no/such/program"),
    silent: { ...running("sleep", "3600"), http_timeout: 3 },
    silently: running("sleep", "3600"),
    large: tooLarge,
    impatient: { ...tooLarge, start_timeout: 4 },
  };
  return Object.entries(overrides).map(([display_name, override]) => ({
    display_name,
    kubespawner_override: { delete_grace_period: 1, ...override },
  }));
}

let registry: EmptyRegistry;
let it: Installation;
let hub: Hub;

beforeAll(async () => {
  registry = await startEmptyRegistry();
  it = await createInstallation(inject("kubeconfig"), { singleuser: { profileList: profilesFor(registry) } });
  hub = await it.hub();
});
afterAll(async () => {
  registry.close();
  await it.remove();
});

async function personStarting(profile: string): Promise<Person> {
  const person = await Person.create(it, hub, `starts-${profile}`);
  await person.start(profile);
  return person;
}

async function failureOf(profile: string) {
  const person = await personStarting(profile);
  const failure = await person.failure();
  await person.leavesNothing();
  return failure;
}

describe("each way a start fails says so by itself", () => {
  test.concurrent("F-20: an image that takes its time is no failure; one that doesn't exist is, as soon as the registry says so", async () => {
    const slow = await personStarting("slow");
    await waitFor("the registry is asked", 120, () => registry.isAsked("slow"));
    const { phaseSince } = await slow.until("the pull", ({ waitPhase }) => waitPhase === "pulling");
    await waitFor("the start timeout is over", 120, () => Date.now() - phaseSince.getTime() > 42_000);
    expect(await slow.row()).toMatchObject({ phase: "starting", waitPhase: "pulling", failure: null });
    registry.deny("slow");
    expect(await slow.failure()).toMatchObject({
      reason: "image",
      publicMessage: `The software image “${registry.image("slow")}” can't be loaded.`,
      detail: expect.stringContaining("not found"),
    });
    await slow.leavesNothing();
  });

  test.concurrent.each([
    ["missing", "doesn't exist", "not found"],
    ["forbidden", "needs a login", "401 Unauthorized"],
  ] as const)(
    "F-20: an image that (%s) %s fails within a minute, in the registry's words",
    async (profile, _what, words) => {
      registry.deny(profile, profile);
      const person = await personStarting(profile);
      const failed = await person.reaches("failed", 60);
      expect(failed.failure).toMatchObject({ reason: "image", detail: expect.stringContaining(words) });
      await person.leavesNothing();
    },
  );

  test.concurrent("F-25: a program that ends by itself without an error is said to have shut itself down", async () => {
    const failure = await failureOf("completes");
    expect(failure).toMatchObject({
      ...{ reason: "crashed", exitCode: 0, logTail: ["all done"] },
      publicMessage: "Your server shut itself down.",
    });
  });

  test.concurrent("F-25: a pod that its machine evicts is said to be evicted, within ten seconds, and leaves nothing", async () => {
    const person = await personStarting("evicted");
    await person.reaches("ready");
    const [pod] = await person.pods();
    const at = `/api/v1/namespaces/${it.namespace}/pods/${pod?.metadata.name}/status`;
    // As the kubelet writes it when its machine runs out of memory.
    const message = "The node was low on resource: memory.";
    const current = await it.api.get(at);
    const status = { ...(current.status as object), phase: "Failed", reason: "Evicted", message };
    expect((await it.api.call("PUT", at, { ...current, status })).status).toBe(200);
    expect((await person.reaches("failed", 10)).failure).toMatchObject({
      reason: "evicted",
      detail: expect.stringContaining(message),
    });
    await person.leavesNothing();
  });

  test.concurrent("F-25: a command that exits is reported with its code and the last lines it printed", async () => {
    const failure = await failureOf("exits");
    expect(failure).toMatchObject({ reason: "crashed", exitCode: 3 });
    expect(failure.logTail).toEqual(["reading the settings", "they are wrong"]);
    expect(failure.publicMessage).toContain("exit code 3");
  });

  test.concurrent("a program that isn't in the image is reported as such", async () => {
    expect(await failureOf("nothing")).toMatchObject({
      reason: "command",
      detail: expect.stringContaining("/no/such/program"),
    });
  });

  test.concurrent("a program that never answers is reported after its time to answer", async () => {
    expect(await failureOf("silent")).toMatchObject({
      reason: "not-answering",
      publicMessage: "Your server started but did not answer within 3 seconds.",
    });
  });

  test.concurrent("F-26: what no machine can hold waits for one, and fails at the start timeout", async () => {
    const person = await personStarting("impatient");
    await person.until("the wait for a machine", ({ waitPhase }) => waitPhase === "scheduling");
    const failure = await person.failure();
    expect(failure.reason).toBe("unschedulable");
    expect(failure.publicMessage).toBe("Your server did not start within 4 seconds: no machine had room for it.");
    await person.leavesNothing();
  });

  test.concurrent("F-09: a pod of somebody else's under the name is left alone and named for the admin", async () => {
    const person = await Person.create(it, hub, "starts-conflict");
    const foreign = await it.api.apply(`/api/v1/namespaces/${it.namespace}/pods/jupyter-starts-conflict`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "jupyter-starts-conflict" },
      spec: { nodeSelector: { none: "such" }, containers: [{ name: "theirs", image: "localhost/theirs:1" }] },
    });
    await person.start("small");
    const failure = await person.failure();
    expect(failure.reason).toBe("conflict");
    expect(failure.detail).toContain("jupyter-starts-conflict");
    const names = await listed(it, "pods");
    expect(names.map(({ metadata }) => metadata)).toContainEqual(
      expect.objectContaining({ uid: (foreign.metadata as { uid: string }).uid }),
    );
  });
});

describe("a start that is cancelled leaves no pod and no secret", () => {
  test.concurrent("F-26: while it waits for a machine, and its progress says that it does", async () => {
    const person = await personStarting("large");
    await person.until("the wait for a machine", ({ waitPhase }) => waitPhase === "scheduling");
    const progress = await person.progress();
    expect(progress.message).toMatch(/^Waiting for a machine/);
    expect(progress.server.phase).toBe("starting");
    await waitFor("Kubernetes' own words", 20, async () =>
      (await person.progress()).events.some(({ message }) => /Insufficient|machine/i.test(message)),
    );
    await person.stop();
    await person.reaches("stopped");
    expect(await person.leftovers()).toEqual([]);
  });

  test.concurrent("while its program comes up", async () => {
    const person = await personStarting("silently");
    await person.until("the pod to run", ({ runId, waitPhase }) => runId !== null && waitPhase === null);
    await person.stop();
    await person.reaches("stopped");
    await person.leavesNothing();
  });

  test.concurrent("at once, before Kubernetes was asked or while it is", async () => {
    const person = await personStarting("small");
    await person.stop();
    await person.reaches("stopped");
    await person.leavesNothing();
  });
});

describe("while an image is loaded", () => {
  test("cancelling leaves no pod and no secret", async () => {
    const person = await personStarting("hanging");
    await waitFor("the registry is asked", 30, () => registry.isAsked("hanging"));
    await person.until("the pull", ({ waitPhase }) => waitPhase === "pulling");
    await person.stop();
    await person.reaches("stopped");
    await person.leavesNothing();
    registry.deny("hanging");
  });
});
