import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "#server/clock.ts";
import {
  orderFor,
  type SpawnerUnderTest,
  startSpawnerUnderTest,
  type WatchUnderTest,
} from "#tests/fakes/kubernetes-spawner.ts";
import { SteppingClock } from "#tests/fakes/stepping-clock.ts";

const never = new AbortController().signal;
const tooLarge =
  "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";

describe("watching pods", () => {
  let it: SpawnerUnderTest;
  let watching: WatchUnderTest;

  beforeEach(async () => {
    await begin({});
  });
  afterEach(async () => {
    await it.stop();
  });

  async function begin(settings: { autoscaling?: boolean }, clock: Clock = systemClock): Promise<void> {
    await it?.stop();
    it = await startSpawnerUnderTest({ settings, clock });
    watching = it.watch();
    await expect.poll(() => it.api.watches.count("pods")).toBe(1);
    await it.spawner.start(orderFor(), never);
    await watching.until("waiting");
  }
  const pods = () => it.api.pods;

  test("a start is told phase by phase, and where it listens as soon as it runs", async () => {
    pods().setUnschedulable("jupyter-ana", "0/2 nodes are available: 2 Insufficient cpu.");
    pods().setWaiting("jupyter-ana", "ContainerCreating");
    pods().setRunning("jupyter-ana", "10.1.2.3");
    expect(await watching.until("running")).toMatchObject({ target: { kind: "tcp", host: "10.1.2.3", port: 8888 } });
    const phases = watching.sightings.map(({ observation }) =>
      observation.kind === "waiting" ? observation.phase : observation.kind,
    );
    expect(phases).toEqual(["scheduling", "scheduling", "pulling", "running"]);
  });

  test("a change of a pod that changes nothing we decide by is not told", async () => {
    pods().setRunning("jupyter-ana", "10.1.2.3");
    await watching.until("running");
    const before = watching.sightings.length;
    for (let time = 0; time < 3; time++) {
      const pod = pods().named("jupyter-ana");
      it.api.store.update("pods", { ...pod, metadata: { ...pod.metadata, annotations: { touched: String(time) } } });
    }
    pods().kill("jupyter-ana");
    await watching.until("absent");
    expect(watching.sightings.length).toBe(before + 1);
  });

  test("F-20: an image that doesn't exist ends the start when Kubernetes knows; a slow pull does not", async () => {
    pods().setWaiting("jupyter-ana", "ContainerCreating");
    pods().setWaiting("jupyter-ana", "ErrImagePull", "net/http: TLS handshake timeout");
    await expect
      .poll(() => watching.sightings.at(-1)?.observation)
      .toMatchObject({ kind: "waiting", phase: "pulling" });
    pods().setWaiting("jupyter-ana", "ImagePullBackOff", 'Back-off pulling image "nope"');
    expect(await watching.until("exited")).toMatchObject({ failure: { reason: "image" } });
  });

  test.each([
    ["an exit code", () => pods().setExited("jupyter-ana", 3), { reason: "crashed", exitCode: 3 }],
    ["the memory limit", () => pods().setExited("jupyter-ana", 137, "OOMKilled"), { reason: "out-of-memory" }],
    [
      "an eviction",
      () => pods().setEvicted("jupyter-ana", "The node was low on resource: memory."),
      { reason: "evicted" },
    ],
    ["its own will", () => pods().setExited("jupyter-ana", 0), { reason: "crashed", exitCode: 0 }],
  ])("F-25: a server that ended by %s is told with its cause", async (_title, end, failure) => {
    pods().setRunning("jupyter-ana", "10.1.2.3");
    await watching.until("running");
    end();
    expect(await watching.until("exited")).toMatchObject({ failure });
  });

  test("F-25: a pod killed with kubectl is absent at once, as that very run", async () => {
    pods().setRunning("jupyter-ana", "10.1.2.3");
    const running = await watching.until("running");
    pods().kill("jupyter-ana");
    await watching.until("absent");
    expect(watching.sightings.at(-1)?.ref.runId).toBe(running.kind === "running" ? running.runId : "");
  });

  test("a request no machine can hold waits for one, because a machine may be added", async () => {
    pods().setUnschedulable("jupyter-ana", tooLarge);
    await expect
      .poll(() => watching.sightings.at(-1)?.observation)
      .toMatchObject({
        kind: "waiting",
        phase: "scheduling",
        detail: expect.stringContaining("Waiting for a machine"),
      });
  });

  test("where no machine is ever added, it fails at once; a cluster that is only full still waits", async () => {
    await begin({ autoscaling: false });
    pods().setUnschedulable(
      "jupyter-ana",
      "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
    );
    await expect.poll(() => watching.sightings.at(-1)?.observation).toMatchObject({ kind: "waiting" });
    pods().setUnschedulable("jupyter-ana", tooLarge);
    expect(await watching.until("exited")).toMatchObject({ failure: { reason: "unschedulable" } });
  });

  test("R-10: pods of another installation are told to nobody", async () => {
    const pod = pods().named("jupyter-ana");
    it.api.store.create("pods", "berth", {
      metadata: {
        ...pod.metadata,
        name: "other",
        labels: { ...pod.metadata.labels, "berth.dev/installation": "other" },
      } as { name: string },
    });
    pods().kill("jupyter-ana");
    await watching.until("absent");
    expect(watching.sightings.map(({ ref }) => ref.objectName)).not.toContain("other");
    expect(await it.spawner.observeAll(never)).toEqual([]);
  });

  test("F-04: while the API server is away the view is stale and nothing is called stopped; then it converges", async () => {
    pods().setRunning("jupyter-ana", "10.1.2.3");
    await watching.until("running");
    await it.api.down();
    await expect.poll(() => watching.staleness.at(-1)).toBeInstanceOf(Date);
    expect(watching.sightings.at(-1)?.observation.kind).toBe("running");
    expect((await it.spawner.health()).ok).toBe(false);
    pods().kill("jupyter-ana");
    await it.api.up();
    await watching.until("absent");
    expect(watching.staleness.at(-1)).toBeNull();
  });

  test("F-07: after a 410 a pod that was deleted unseen is told to be absent", async () => {
    pods().setRunning("jupyter-ana", "10.1.2.3");
    await watching.until("running");
    it.api.faults.silent = true;
    pods().kill("jupyter-ana");
    it.api.store.compact();
    it.api.faults.silent = false;
    it.api.watches.cut();
    await watching.until("absent");
    expect(it.api.requests.filter(({ verb, resource }) => verb === "list" && resource === "pods")).toHaveLength(2);
  });

  test("a pod under a name that is used again is never mixed up with the one before", async () => {
    pods().setRunning("jupyter-ana", "10.1.2.3");
    await watching.until("running");
    it.api.faults.silent = true;
    pods().kill("jupyter-ana");
    await it.spawner.start(orderFor({ generation: 2 }), never);
    pods().setRunning("jupyter-ana", "10.9.9.9");
    it.api.store.compact();
    it.api.faults.silent = false;
    it.api.watches.cut();
    await expect.poll(() => watching.sightings.at(-1)?.ref.generation).toBe(2);
    expect(watching.sightings.slice(-2).map(({ ref, observation }) => [ref.generation, observation.kind])).toEqual([
      [1, "absent"],
      [2, "running"],
    ]);
  });

  test("Kubernetes' events reach the page while the start is pending, each once; afterwards nobody watches them", async () => {
    const clock = new SteppingClock();
    await begin({}, clock);
    await expect.poll(() => it.api.watches.count("events")).toBe(1);
    pods().addEvent("jupyter-ana", "Scheduled", "Successfully assigned berth/jupyter-ana to node-1");
    pods().addEvent("jupyter-ana", "Pulling", 'Pulling image "base"');
    pods().addEvent("jupyter-ana", "Pulling", 'Pulling image "base"');
    pods().addEvent("jupyter-ana", "MissingClusterDNS", "kubelet does not have ClusterDNS IP configured", "Warning");
    pods().addEvent("jupyter-ana", "FailedMount", "no such secret", "Warning");
    await expect
      .poll(() => watching.events.map(({ message, warning }) => [message, warning]))
      .toEqual([
        ["A machine was found: node-1.", false],
        ["Fetching the software image base.", false],
        ["A volume can't be mounted yet: no such secret", true],
      ]);
    pods().setRunning("jupyter-ana", "10.1.2.3");
    await watching.until("running");
    expect(it.api.watches.count("events")).toBe(1);
    await expect
      .poll(() => {
        clock.advance(5000);
        return it.api.watches.count("events");
      })
      .toBe(0);
  });

  test("only the pod's own observation counts: one of a newer start is absent, one of an older is on its way out", async () => {
    await it.spawner.stop(orderFor().ref, never);
    await it.spawner.start(orderFor({ generation: 5 }), never);
    const { ref } = orderFor({ generation: 5 });
    expect((await it.spawner.observe(ref, never)).kind).toBe("waiting");
    expect((await it.spawner.observe({ ...ref, generation: 4 }, never)).kind).toBe("absent");
    expect((await it.spawner.observe({ ...ref, generation: 6 }, never)).kind).toBe("stopping");
    expect((await it.spawner.observe({ ...ref, serverId: "another" }, never)).kind).toBe("absent");
  });
});
