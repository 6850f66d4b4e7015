import { randomUUID } from "node:crypto";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import pino from "pino";
import { systemClock } from "#server/clock.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { createLocalSpawner, type LocalSpawner, type LocalSpawnerOptions } from "#server/spawner/local.ts";
import type { ServerRef, SpawnOrder, Target } from "#server/spawner/spawner.ts";
import { type Behaviour, type SpawnerHarness, until } from "./spawner.contract.ts";

const MiB = 1024 ** 2;
/** Numbers no account of a test machine has. */
const firstTestUid = 2_000_000;

/** What it does besides serving once its `/noise` was asked for. */
export type Noise = "forks" | "burns" | "hogs" | "prints";
export type LocalBehaviour = Behaviour | Noise | "ignores-sigterm" | "child-outgrows" | "two-outgrow-it";

export type Wanted = {
  readonly serverId?: string;
  readonly generation?: number;
  readonly user?: number;
  readonly app?: Partial<ServerSpec["app"]>;
  readonly home?: SpawnOrder["home"];
  readonly environment?: Readonly<Record<string, string>>;
};

export type LocalHarness = SpawnerHarness & {
  readonly spawner: LocalSpawner;
  readonly home: string;
  readonly installationId: string;
  orderOf(behaviour: LocalBehaviour, wanted?: Wanted): SpawnOrder;
  make(options?: Partial<LocalSpawnerOptions>): LocalSpawner;
};

export function localHarness(options: Partial<LocalSpawnerOptions> = {}): LocalHarness {
  const home = mkdtempSync(path.join(tmpdir(), "berth-local-"));
  chmodSync(home, 0o711);
  const script = path.join(home, "local-app.py");
  copyFileSync(path.join(import.meta.dirname, "..", "fakes", "local-app.py"), script);
  chmodSync(script, 0o644);
  const installationId = randomUUID();
  const serverId = randomUUID();
  const make = (more: Partial<LocalSpawnerOptions> = {}) =>
    createLocalSpawner({
      home,
      jupyterCommand: "jupyter",
      installationId,
      trustedUsers: false,
      clock: systemClock,
      log: pino({ level: "silent" }),
      graceSeconds: 1,
      ...options,
      ...more,
    });
  const spawner = make();
  const servers = path.join(home, "run", "servers");
  const orderOf = (behaviour: LocalBehaviour, wanted: Wanted = {}) =>
    orderFor(script, behaviour, { serverId, ...wanted });
  return {
    spawner,
    home,
    installationId,
    make,
    orderOf,
    another: () => make(),
    order: (behaviour, generation = 1) => orderOf(scriptBehaviour(behaviour, options), { generation }),
    runsOf: async (ref) => runsMarked(ref.serverId).map(String),
    secretOf: async (ref) => variableOf(runsMarked(ref.serverId)[0], "APP_SECRET"),
    serving: async (ref) => await untilServing(spawner, ref),
    kill: async (ref) => {
      for (const pid of runsMarked(ref.serverId)) process.kill(pid, "SIGKILL");
    },
    blind: async () => {
      renameSync(servers, `${servers}.away`);
      return async () => renameSync(`${servers}.away`, servers);
    },
    close: async () => {
      await endEverything(make());
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/**
 * Where each process has a limit of its own, one alone gets no more than that, and is told so by the kernel (its own
 * test); what the spawner has to see is two that use more together.
 */
function scriptBehaviour(behaviour: Behaviour, { limits }: Partial<LocalSpawnerOptions>): LocalBehaviour {
  return behaviour === "outgrows-its-memory" && limits === "process" ? "two-outgrow-it" : behaviour;
}

export async function untilServing(spawner: LocalSpawner, ref: ServerRef): Promise<void> {
  await until(async () => {
    const seen = await spawner.observe(ref, AbortSignal.timeout(1000));
    if (seen.kind !== "running") return false;
    return await get(seen.target).then(
      ({ status }) => status === 200,
      () => false,
    );
  }, "an answer");
}

async function endEverything(spawner: LocalSpawner): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  for (const { ref } of await spawner.observeAll(signal))
    while ((await spawner.stop(ref, signal)).kind === "stopping") signal.throwIfAborted();
}

function orderFor(script: string, behaviour: LocalBehaviour, wanted: Wanted & { serverId: string }): SpawnOrder {
  const { serverId, generation = 1, user = 0, app = {}, environment = {} } = wanted;
  const name = `user-${user}`;
  return {
    ref: { serverId, generation, namespace: "local", objectName: `jupyter-${name}`, runId: null },
    owner: {
      userId: `00000000-0000-4000-8000-00000000000${user}`,
      name,
      uid: process.getuid?.() === 0 ? firstTestUid + user : null,
    },
    serverName: "",
    prefix: `/user/${name}/`,
    spec: specFor(["/usr/bin/python3", script, behaviour, serverId], app),
    home: wanted.home === undefined ? { homeId: `home-${user}`, name, claimUid: null, usedBefore: false } : wanted.home,
    secret: randomUUID(),
    environment,
  };
}

export function specFor(command: readonly string[], app: Partial<ServerSpec["app"]> = {}): ServerSpec {
  return {
    profile: { slug: "test", displayName: "Test" },
    app: {
      preset: "custom",
      auth: "edge",
      command,
      args: [],
      listenArgs: { tcp: ["--port", "{port}"], unix: ["--socket", "{socket}"] },
      keepImageEntrypoint: true,
      port: 8888,
      workingDirectory: null,
      defaultPath: "",
      readyPath: "",
      stripPrefix: false,
      secretHeader: null,
      secretVariable: "APP_SECRET",
      unixSocket: true,
      ...app,
    },
    cpu: { limitMillicores: 500, guaranteeMillicores: 100 },
    memory: { limitBytes: 96 * MiB, guaranteeBytes: 16 * MiB },
    processLimit: 50,
    environment: {},
    startTimeoutSeconds: 60,
    httpTimeoutSeconds: 30,
    shutdownOnLogout: false,
    home: {
      kind: "claim",
      volumeName: "home",
      claimName: "home",
      mountPath: "/home/jovyan",
      capacityBytes: 1024 * MiB,
      storageClass: null,
      accessModes: ["ReadWriteOnce"],
      selector: null,
      labels: {},
      annotations: {},
      staticClaim: null,
    },
    pod: podOf(),
  };
}

function podOf(): ServerSpec["pod"] {
  return {
    image: "unused",
    imagePullPolicy: "IfNotPresent",
    imagePullSecrets: [],
    serviceAccount: null,
    automountServiceAccountToken: false,
    labels: {},
    annotations: {},
    nodeSelector: {},
    tolerations: [],
    affinity: null,
    schedulerName: null,
    priorityClassName: null,
    uid: null,
    gid: null,
    fsGroup: null,
    supplementalGroups: [],
    allowPrivilegeEscalation: false,
    privileged: false,
    containerSecurityContext: {},
    podSecurityContext: {},
    extraResourceLimits: {},
    extraResourceGuarantees: {},
    volumes: [],
    volumeMounts: [],
    initContainers: [],
    extraContainers: [],
    lifecycleHooks: null,
    extraContainerConfig: {},
    extraPodConfig: {},
    environmentFrom: [],
    deleteGraceSeconds: 1,
  };
}

/** Read from /proc by this file's own means: the app's main processes, or what is left of a run without one. */
export function runsMarked(serverId: string): number[] {
  const marked = readdirSync("/proc").flatMap((pid) => {
    const words = /^\d+$/.test(pid) ? textOf(pid, "cmdline").split("\0") : [];
    return words[0]?.includes("python") && words[3] === serverId ? [{ pid: Number(pid), behaviour: words[2] }] : [];
  });
  const main = marked.filter(({ behaviour }) => behaviour !== "lingers" && behaviour !== "noise");
  return (main.length > 0 ? main : marked).map(({ pid }) => pid);
}

function variableOf(pid: number | undefined, name: string): string {
  const found = textOf(String(pid), "environ")
    .split("\0")
    .find((entry) => entry.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? "";
}

function textOf(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

export function get(
  target: Target,
  headers: Record<string, string> = {},
  at = "/",
): Promise<{ status: number; body: string }> {
  const where = target.kind === "unix" ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise((resolve, reject) => {
    const asking = request({ ...where, path: at, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asking.on("error", reject);
    asking.end();
  });
}
