import { request } from "node:http";
import type { Clock } from "#server/clock.ts";
import type { Sighting, Target } from "./spawner.ts";

/** Growing pauses between two tries, in milliseconds: a server that is up is found in a moment, a slow one isn't hammered. */
const pausesMs = [10, 15, 25, 50];

/**
 * True as soon as the server answers with a status below 500; false at the deadline or when the signal aborts. One whose deadline passed
 * while nobody looked (the hub or the cluster was away) is asked once: most have long been up.
 */
export async function waitForAnswer(
  target: Target,
  path: string,
  deadline: Date,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    if (await answers(target, path, signal)) return true;
    if (clock.now() >= deadline) return false;
    await clock.sleep(pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 50, signal).catch(() => undefined);
  }
  return false;
}

/** One try. Redirects aren't followed, nothing of the body is read: what answers is not trusted yet. */
function answers(target: Target, path: string, signal: AbortSignal): Promise<boolean> {
  const where = target.kind === "unix" ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise((resolve) => {
    const probe = request({
      ...where,
      path,
      method: "GET",
      agent: false,
      timeout: 3000,
      signal,
      headers: { connection: "close" },
    });
    probe.on("response", (response) => {
      resolve((response.statusCode ?? 500) < 500);
      response.destroy();
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(false));
    probe.on("close", () => resolve(false));
    probe.end();
  });
}

type Probe = { readonly abort: AbortController; readonly runId: string; readonly target: string };

/** At most one probe a server; it ends when what it asks is no longer what is seen. */
export class Probes {
  readonly #running = new Map<string, Probe>();
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** `running`: one is under way already. `ended`: it was called off. */
  async begin(
    serverId: string,
    what: { readonly target: Target; readonly runId: string; readonly deadline: Date },
    path: string,
  ): Promise<"running" | "ended" | "answered" | "silent"> {
    if (this.#running.has(serverId)) return "running";
    const probe: Probe = { abort: new AbortController(), runId: what.runId, target: JSON.stringify(what.target) };
    this.#running.set(serverId, probe);
    const signal = AbortSignal.any([probe.abort.signal, this.#signal]);
    try {
      const ok = await waitForAnswer(what.target, path, what.deadline, this.#clock, signal);
      return signal.aborted ? "ended" : ok ? "answered" : "silent";
    } finally {
      this.#running.delete(serverId);
    }
  }

  /** Calls a probe off when the run it asks is no longer there, or somewhere else. */
  observe({ ref, observation }: Sighting): void {
    const probe = this.#running.get(ref.serverId);
    if (probe === undefined) return;
    const same =
      observation.kind === "running" &&
      observation.runId === probe.runId &&
      JSON.stringify(observation.target) === probe.target;
    if (!same) probe.abort.abort();
  }

  end(serverId: string): void {
    this.#running.get(serverId)?.abort.abort();
  }
}
