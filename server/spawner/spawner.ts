import type { ServerFile } from "#server/config/extra-files.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { Tenancy, TenancyLook } from "./tenancy.ts";

/** What a backend must do to run servers. No word here about Kubernetes or processes. */
export interface Spawner {
  readonly kind: "kubernetes" | "local";
  /** Makes what the order asks for. Idempotent: asking twice for one generation is asking once. */
  start(order: SpawnOrder, signal: AbortSignal): Promise<StartOutcome>;
  /** Removes the server of this generation or an older one, never a newer. Already gone is success. */
  stop(ref: ServerRef, signal: AbortSignal): Promise<StopOutcome>;
  /** A live look, past every cache: what destroys or routes decides by this or by what `watch` reported. */
  observe(ref: ServerRef, signal: AbortSignal): Promise<Observation>;
  /**
   * Everything this backend runs for this installation, whoever asked for it. Throws HubError "unavailable" when it
   * can't tell: silence is never "nothing runs".
   */
  observeAll(signal: AbortSignal): Promise<readonly Sighting[]>;
  /** Calls back at every change until the signal aborts. May miss nothing for longer than its own resync. */
  watch(listener: SpawnerListener, signal: AbortSignal): Promise<void>;
  /**
   * Makes the place of some servers whole, or says what keeps it from that; a start does it by itself. Not there where a backend has no
   * places to keep.
   */
  prepareNamespace?(tenancy: Tenancy): Promise<TenancyLook>;
  /** Removes the files of a home for good. `going`: ask again. Whatever isn't the very home meant is left alone. */
  removeHome(home: KeptHome, signal?: AbortSignal): Promise<RemoveOutcome>;
  /**
   * Makes the files of a home outlive what holds them in the cluster, until `removeHome`. Not there where nothing but `removeHome` could
   * take them away.
   */
  retainHome?(home: KeptHome, signal?: AbortSignal): Promise<RetainOutcome>;
  /**
   * What the files of a home take on its disk; null where that can't be told. A look that leaves the disk to others takes its time. Not there
   * where a backend can't see into homes.
   */
  homeUsage?(home: KeptHome, signal: AbortSignal): Promise<number | null>;
  /** The last lines the server printed, oldest first; empty when there are none. */
  logTail(ref: ServerRef, lines: number): Promise<readonly string[]>;
  /** For `doctor` and the health page. With a plan also whether it could be carried out, by whom it would be refused, and by which image. */
  health(plan?: ServersPlan): Promise<SpawnerHealth>;
  /** Lets go of its connections; servers run on. Not there where a backend holds none. */
  disconnect?(): Promise<void>;
}

/** What servers there are to be. Nothing of it is carried out. */
export type ServersPlan = {
  /** One of the default profile, for nobody; null where none can be said. */
  readonly example: SpawnOrder | null;
  /** What every profile leads to, and every choice of its options beside the others' defaults. */
  readonly specs: readonly ServerSpec[];
  /** Some of the places servers are in, where there are many. */
  readonly namespaces: readonly string[];
  /** Where servers with a login of their own call the hub; null where there are none. */
  readonly hubApiUrl: string | null;
};

export type KeptHome = {
  readonly homeId: string;
  readonly namespace: string;
  readonly name: string;
  readonly claimUid: string | null;
};
export type RemoveOutcome = "gone" | "going";
/** `not-allowed`: the hub has no right to volumes, and the storage class decides what becomes of them. */
export type RetainOutcome = "retained" | "no-volume" | "not-allowed";

export interface SpawnerListener {
  changed(sighting: Sighting): void;
  /** A line for the progress page; only while a start is pending. */
  event(serverId: string, generation: number, event: SpawnEvent): void;
  /** The view is older than it should be (`since` set) or fresh again (`null`). Nothing that runs may be called stopped meanwhile. */
  stale(since: Date | null): void;
}

/** Which server, by its immutable id; names are labels. */
export type ServerRef = {
  readonly serverId: string;
  readonly generation: number;
  readonly namespace: string;
  /** The backend's own fixed name for this server: a pod's name, a folder. Stored, never recomputed. */
  readonly objectName: string;
  /** The one run this is about, when it is known (pod UID; local: pid and start time). */
  readonly runId: string | null;
};

export type SpawnOrder = {
  readonly ref: ServerRef;
  readonly owner: { readonly userId: string; readonly name: string; readonly uid: number | null };
  readonly serverName: string;
  /** `/user/ana/` or `/user/ana/second/`. */
  readonly prefix: string;
  /** What the namespace must hold; left out where nobody keeps it. */
  readonly tenancy?: Tenancy;
  readonly spec: ServerSpec;
  /** `usedBefore` without a claim of that UID means the home is lost: say so, never make an empty one. */
  readonly home: {
    readonly homeId: string;
    readonly name: string;
    readonly claimUid: string | null;
    readonly usedBefore: boolean;
  } | null;
  /** New at every start, worth nothing anywhere else. */
  readonly secret: string;
  /** Already expanded: `JUPYTERHUB_*` and the profile's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files the server finds in place. Not in its record: of a start, those of that moment's configuration. */
  readonly files?: readonly ServerFile[];
};

export type StartOutcome =
  | { readonly kind: "started"; readonly homeUid: string | null }
  /** Not now, but it may work in a moment (namespace not ready, 429, quota status unknown). The reconciler asks again. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly because: string }
  /** Will not work without a change by somebody. */
  | { readonly kind: "refused"; readonly failure: SpawnFailure };

export type StopOutcome = { readonly kind: "gone" } | { readonly kind: "stopping" };

/** Where a server listens. */
export type Target =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

export type Observation =
  | { readonly kind: "absent" }
  | { readonly kind: "waiting"; readonly runId: string; readonly phase: WaitPhase; readonly detail: string }
  /** The main process runs; whether it answers HTTP is for the reconciler to find out. */
  | { readonly kind: "running"; readonly runId: string; readonly target: Target; readonly since: Date }
  | { readonly kind: "stopping"; readonly runId: string }
  /** `startedAt` where the backend knows that the main process ran, and since when. */
  | {
      readonly kind: "exited";
      readonly runId: string;
      readonly failure: SpawnFailure;
      readonly at: Date;
      readonly startedAt?: Date | undefined;
    };

export type WaitPhase = "storage" | "scheduling" | "pulling" | "starting";

export type Sighting = { readonly ref: ServerRef; readonly observation: Observation };

export type SpawnEvent = { readonly at: Date; readonly message: string; readonly warning: boolean };

/** Few values: they are metric labels and choose the failure page. */
export const spawnFailureReasons = [
  "quota",
  "unschedulable",
  "image",
  "command",
  "crashed",
  "out-of-memory",
  "evicted",
  "timeout",
  "not-answering",
  "not-stopping",
  "storage",
  "storage-missing",
  "conflict",
  "gone",
  "rejected",
] as const;
export type SpawnFailureReason = (typeof spawnFailureReasons)[number];

export type SpawnFailure = {
  readonly reason: SpawnFailureReason;
  /** What happened, for the person whose server it is. */
  readonly publicMessage: string;
  /** For the admin: object names, codes, the backend's own words. */
  readonly detail: string;
  readonly exitCode?: number | undefined;
  /** The last lines it printed, oldest first: kept with the failure, because what printed them is removed. */
  readonly logTail?: readonly string[] | undefined;
};

export type SpawnerHealth = {
  readonly ok: boolean;
  readonly since: Date | null;
  readonly checks: readonly HealthCheck[];
};
export type HealthCheck = {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly fix: string | null;
};
