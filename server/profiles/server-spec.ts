import type { Config } from "#server/config/schema.ts";
import { appEnvironment, appFor, appProblem } from "./app.ts";
import { homeVolumeTemplate, sortedObjects } from "./base-settings.ts";
import { takeHome } from "./home.ts";
import { plainEnvironment, podFrom } from "./pod.ts";
import { parseCpuMillicores, parseMemoryBytes } from "./quantity.ts";
import type { ServerSpec } from "./spec.ts";
import { expand, expandAll, templateNamesFor } from "./template.ts";
import { expandedTraits, Settings } from "./traits.ts";
import { dollarsKept } from "./unlisted-value.ts";

export type SpecProblem = { readonly field: string; readonly message: string };
type SpecOrProblem =
  | { readonly ok: true; readonly spec: ServerSpec }
  | { readonly ok: false; readonly problem: SpecProblem };

type SpecQuestion = {
  readonly config: Config;
  readonly settings: Settings;
  readonly profile: ServerSpec["profile"];
  readonly userName: string;
  readonly serverName: string;
};

/** All settings are known: fills in names and makes the server's specification. */
export function serverSpecFrom({ config, settings: raw, profile, userName, serverName }: SpecQuestion): SpecOrProblem {
  const { storage } = config.singleuser;
  const names = templateNamesFor(userName, serverName, storage.dynamic.pvcNameTemplate);
  const settings = expandSettings(raw, names, userName);
  const home = takeHome({
    settings,
    volumes: sortedObjects(settings.volumes),
    mounts: sortedObjects(settings.volume_mounts),
    volumeName: expand(homeVolumeTemplate(storage), names),
    claimName: names.pvc_name,
  });
  if ("problem" in home) return { ok: false, problem: { field: "volumes", message: home.problem } };
  const app = appFor(settings, config.spawner.type);
  const problem = appProblem(app, settings);
  if (problem !== null) return { ok: false, problem };
  const limits = limitsFrom(settings);
  if (limits === null)
    return { ok: false, problem: { field: "mem_limit", message: "A server needs a CPU and a memory limit." } };
  const spec: ServerSpec = {
    profile,
    app,
    ...limits,
    processLimit: settings.process_limit ?? 4096,
    environment: {
      ...imageVariables(settings, config.spawner.type),
      ...appEnvironment(app, settings, config.spawner.type),
      ...plainEnvironment(settings.environment),
    },
    startTimeoutSeconds: settings.start_timeout ?? 300,
    httpTimeoutSeconds: settings.http_timeout ?? 60,
    shutdownOnLogout: settings.shutdown_on_logout ?? false,
    home: home.home,
    pod: podFrom(settings, home),
  };
  return { ok: true, spec };
}

function expandSettings(raw: Settings, names: ReturnType<typeof templateNamesFor>, userName: string): Settings {
  const expanded = Object.fromEntries(
    expandedTraits.flatMap((trait) => (raw[trait] === undefined ? [] : [[trait, expandAll(raw[trait], names)]])),
  );
  // In a URL the name is one segment; in a path its slug, which is the same wherever the name is a plain one.
  const urlNames = {
    ...names,
    username: encodeURIComponent(userName),
    unescaped_username: encodeURIComponent(userName),
  };
  const urls = {
    ...(raw.default_url === undefined ? {} : { default_url: expand(raw.default_url, urlNames) }),
    ...(raw.notebook_dir === undefined ? {} : { notebook_dir: expand(raw.notebook_dir, names) }),
  };
  return Settings.parse({ ...raw, ...expanded, ...urls });
}

/** A guarantee beyond a limit that a profile lowered would be refused by Kubernetes: it is lowered with it. */
function limitsFrom(settings: Settings): Pick<ServerSpec, "cpu" | "memory"> | null {
  const limitMillicores = parseCpuMillicores(settings.cpu_limit ?? "");
  const limitBytes = parseMemoryBytes(settings.mem_limit ?? "");
  if (limitMillicores === null || limitBytes === null) return null;
  const guaranteeMillicores = Math.min(parseCpuMillicores(settings.cpu_guarantee ?? "") ?? 0, limitMillicores);
  const guaranteeBytes = Math.min(parseMemoryBytes(settings.mem_guarantee ?? "") ?? 0, limitBytes);
  return { cpu: { limitMillicores, guaranteeMillicores }, memory: { limitBytes, guaranteeBytes } };
}

function imageVariables(settings: Settings, backend: "local" | "kubernetes"): Record<string, string> {
  const image = dollarsKept(settings.image ?? "", backend);
  return { JUPYTER_IMAGE: image, JUPYTER_IMAGE_SPEC: image };
}
