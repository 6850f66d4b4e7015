import type { Config } from "#server/config/schema.ts";
import { homeVolumeTemplate } from "./base-settings.ts";
import { type ListedProfile, listedProfiles, settledConfig } from "./catalogue.ts";
import { isPlain, type Plain } from "./merge.ts";
import { hasOwnLogin } from "./own-login.ts";
import type { ProfileOption } from "./profile-list.ts";
import { resolveProfile } from "./resolve.ts";
import { findTemplateProblem } from "./template.ts";
import { expandedTraits, formattedTraits, KubespawnerOverride } from "./traits.ts";

type Path = readonly (string | number)[];
export type Finding = { readonly path: Path; readonly message: string };

/** What is wrong in the profiles although each key has the right type: every profile and choice is resolved once, before anybody starts one. */
export function profileProblems(config: Config): Finding[] {
  const found = forEachProfile(config, (profile, path) => {
    const overrides = overridesOf(profile, path);
    const templates = overrides.flatMap(({ override, at, typed }) => templateProblems(override, at, typed));
    return templates.length > 0 ? templates : resolveProblems(config, profile, path);
  });
  return found.length > 0 || config.singleuser.profileList !== undefined ? found : baseProblems(config);
}

/** What works, but perhaps not as its writer thinks. */
export function profileWarnings(config: Config): Finding[] {
  return forEachProfile(config, (profile, path) => [
    ...overridesOf(profile, path).flatMap(({ override, at }) => lostHome(config, override, at)),
    ...ownLogin(config, profile, path),
    ...Object.entries(profile.profile_options).flatMap(([name, option]) =>
      loosePattern(option, [...path, "profile_options", name]),
    ),
  ]);
}

/** In a cluster nothing listens for pods unless the configuration says where. */
function ownLogin(config: Config, profile: ListedProfile, path: Path): Finding[] {
  const reachable = config.spawner.type === "local" || config.hub.apiListen !== undefined;
  if (reachable || !hasOwnLogin(config, profile)) return [];
  const message =
    "Servers of this profile make their own login (jupyterhub-singleuser) and have to reach the hub for it. Set hub.apiListen, or “app” to run plain JupyterLab.";
  return [{ path, message }];
}

function forEachProfile(config: Config, look: (profile: ListedProfile, path: Path) => Finding[]): Finding[] {
  const list = config.singleuser.profileList;
  const keys = list === undefined || Array.isArray(list) ? undefined : Object.keys(list).sort();
  if (list === undefined) return [];
  return listedProfiles(config).flatMap((profile, index) =>
    look(profile, ["singleuser", "profileList", keys?.[index] ?? index]),
  );
}

type PlacedOverride = { readonly override: Plain; readonly at: Path; readonly typed: boolean };

function overridesOf(profile: ListedProfile, path: Path): PlacedOverride[] {
  const own = { override: profile.kubespawner_override, at: [...path, "kubespawner_override"], typed: false };
  const options = Object.entries(profile.profile_options).flatMap(([name, option]) => {
    const at = [...path, "profile_options", name];
    const choices = Object.entries(option.choices ?? {}).map(([slug, choice]) => ({
      override: choice.kubespawner_override,
      at: [...at, "choices", slug, "kubespawner_override"],
      typed: false,
    }));
    const unlisted = option.unlisted_choice?.kubespawner_override ?? {};
    return [...choices, { override: unlisted, at: [...at, "unlisted_choice", "kubespawner_override"], typed: true }];
  });
  return [own, ...options];
}

function templateProblems(override: Plain, at: Path, typed: boolean): Finding[] {
  return [...expandedTraits, ...formattedTraits].flatMap((trait) => {
    const setting = typed ? withoutValue(override[trait]) : override[trait];
    const problem = findTemplateProblem(setting, [...at, trait]);
    return problem === null ? [] : [problem];
  });
}

/** `{value}` is no field of the template: taken out before the rest is looked at. */
function withoutValue(setting: unknown): unknown {
  if (typeof setting === "string") return setting.replaceAll("{value}", "");
  if (Array.isArray(setting)) return setting.map(withoutValue);
  if (typeof setting !== "object" || setting === null) return setting;
  return Object.fromEntries(Object.entries(setting).map(([key, item]) => [key, withoutValue(item)]));
}

/** An option with a typed value alone has no default: its rule decides when the value is known. */
function resolveProblems(config: Config, profile: ListedProfile, path: Path): Finding[] {
  const settled = settledConfig(config, profile);
  const tried = resolve(settled, profile.slug, {});
  if (tried !== null)
    return [
      {
        path: placeOf(profile.kubespawner_override, [...path, "kubespawner_override"], tried.field, path),
        message: tried.message,
      },
    ];
  return Object.entries(profile.profile_options).flatMap(([name, option]) =>
    Object.entries(option.choices ?? {}).flatMap(([slug, choice]) => {
      const problem = resolve(settled, profile.slug, { [name]: slug });
      if (problem === null) return [];
      const at = [...path, "profile_options", name, "choices", slug];
      return [
        {
          path: placeOf(choice.kubespawner_override, [...at, "kubespawner_override"], problem.field, at),
          message: problem.message,
        },
      ];
    }),
  );
}

function baseProblems(config: Config): Finding[] {
  const problem = resolve(config, null, {});
  return problem === null ? [] : [{ path: ["singleuser"], message: problem.message }];
}

function resolve(config: Config, profile: string | null, options: Record<string, string>) {
  const [user, server] = [{ name: "someone" }, { name: "" }];
  const resolved = resolveProfile({ config, profile, options, user, server, groups: "configuration" });
  return resolved.ok ? null : resolved.problem;
}

function placeOf(override: Plain, at: Path, field: string, otherwise: Path): Path {
  return field in KubespawnerOverride.shape && field in override ? [...at, field] : otherwise;
}

function lostHome(config: Config, override: Plain, at: Path): Finding[] {
  const { storage } = config.singleuser;
  const volumes = override.volumes;
  if (storage.type === "none" || volumes === undefined || override.storage_pvc_ensure === false) return [];
  const objects = Array.isArray(volumes) ? volumes : Object.values(isPlain(volumes) ? volumes : {});
  const name = homeVolumeTemplate(storage);
  if (objects.some((volume) => isPlain(volume) && volume.name === name)) return [];
  return [
    {
      path: [...at, "volumes"],
      message: `These volumes replace all others, the home too: such a server keeps no files. Add the volume “${name}” to keep it.`,
    },
  ];
}

/** KubeSpawner accepts any ending behind a match; here the whole value must match, which can refuse what was accepted before. */
function loosePattern(option: ProfileOption, at: Path): Finding[] {
  const pattern = option.unlisted_choice?.validation_regex;
  if (option.unlisted_choice?.enabled !== true) return [];
  const path = [...at, "unlisted_choice"];
  if (pattern === undefined)
    return [{ path, message: "Without “validation_regex” any value is taken, any image of any registry among them." }];
  if (pattern.endsWith("$")) return [];
  return [
    {
      path: [...path, "validation_regex"],
      message: "The whole value must match here. KubeSpawner would also take any text behind the match.",
    },
  ];
}
