import type { KubernetesContext } from "./kubernetes-context.ts";
import { KubernetesGround } from "./kubernetes-ground.ts";
import { kubernetesHealth } from "./kubernetes-health.ts";
import { observePod, observePods, podLog } from "./kubernetes-look.ts";
import { removeClaim } from "./kubernetes-remove-home.ts";
import { retainVolume } from "./kubernetes-retain-home.ts";
import { startPod } from "./kubernetes-start.ts";
import { KubernetesStops } from "./kubernetes-stop.ts";
import { KubernetesView } from "./kubernetes-view.ts";
import { watchPods } from "./kubernetes-watch.ts";
import type { Spawner, SpawnerListener } from "./spawner.ts";

export type KubernetesSpawnerOptions = Omit<KubernetesContext, "view" | "onLook"> &
  Partial<Pick<KubernetesContext, "onLook">>;

/** A pod per server. What a server is to Kubernetes is in k8s/; what is done about it, in the files beside this one. */
export function createKubernetesSpawner(options: KubernetesSpawnerOptions): Spawner {
  const k: KubernetesContext = {
    onLook: async () => undefined,
    ...options,
    get settings() {
      return options.settings;
    },
    view: new KubernetesView(),
  };
  const ground = new KubernetesGround();
  const stops = new KubernetesStops();
  let staleSince: Date | null = null;
  return {
    kind: "kubernetes",
    start: (order, signal) => startPod(k, ground, order, signal),
    stop: (ref, signal) => stops.stop(k, ref, signal),
    observe: (ref, signal) => observePod(k, ref, signal),
    observeAll: (signal) => observePods(k, signal),
    watch: async (listener, signal) => {
      const listening: SpawnerListener = {
        changed: (sighting) => listener.changed(sighting),
        event: (serverId, generation, event) => listener.event(serverId, generation, event),
        stale: (since) => {
          staleSince = since;
          listener.stale(since);
        },
      };
      await watchPods(k, listening, signal);
      staleSince = null;
    },
    prepareNamespace: (tenancy) => ground.look(k, tenancy),
    removeHome: (home, signal) => removeClaim(k, home, signal),
    retainHome: (home, signal) => retainVolume(k, home, signal),
    logTail: (ref, lines) => podLog(k, ref, lines),
    health: (plan) => kubernetesHealth(k, staleSince, plan),
    disconnect: () => k.client.close(),
  };
}
