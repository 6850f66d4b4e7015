import path from "node:path";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { SpawnOrder, Target } from "../spawner.ts";
import { markerVariable } from "./adopt.ts";
import type { RuntimePaths } from "./runtime-folder.ts";

export type Place = {
  readonly home: string;
  readonly target: Target;
  readonly runtime: RuntimePaths;
  readonly jupyterCommand: string;
  /** A folder with the settings every JupyterLab here gets. */
  readonly jupyterConfig: string;
  readonly attempt: string;
};

/** The program and its arguments, with what it must know filled in. Braces that mean something else stay as they are. */
export function commandFor({ spec, prefix }: SpawnOrder, place: Place): string[] {
  const { app } = spec;
  const listen = place.target.kind === "unix" ? app.listenArgs.unix : app.listenArgs.tcp;
  const [program, ...rest] = app.command;
  const first = program === "jupyter" || program === undefined ? place.jupyterCommand : program;
  const command = program === undefined ? [first, "lab"] : [first, ...rest];
  const values: Record<string, string> = {
    prefix,
    address: "127.0.0.1",
    socket: place.runtime.listensAt,
    port: place.target.kind === "tcp" ? String(place.target.port) : "",
  };
  return [...command, ...app.args, ...listen].map((word) =>
    word.replace(/\{(port|prefix|address|socket)\}/g, (_, key: string) => values[key] ?? ""),
  );
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Built from nothing: the hub's own environment holds its secrets. */
export function environmentFor(order: SpawnOrder, place: Place): Record<string, string> {
  const { app } = order.spec;
  const user = order.owner.name;
  const programs = path.isAbsolute(place.jupyterCommand) ? `${path.dirname(place.jupyterCommand)}:` : "";
  const ownUrl = place.target.kind === "tcp" ? `http://127.0.0.1:${place.target.port}${order.prefix}` : null;
  return {
    PATH: `${programs}${path.join(place.home, ".local", "bin")}:${systemPath}`,
    HOME: place.home,
    USER: user,
    LOGNAME: user,
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
    ...jupyterEnvironment(place),
    ...order.environment,
    ...(app.auth === "hub" && ownUrl !== null ? { JUPYTERHUB_SERVICE_URL: ownUrl } : {}),
    ...secretFor(app.secretVariable, order.secret, place.runtime),
    [markerVariable]: place.attempt,
  };
}

/**
 * Nothing of Jupyter's lies outside the server's home but the kernels' sockets: their paths must be short, and over TCP
 * any account of this machine could listen to what a kernel prints (jupyter_client, "ipc" transport).
 */
function jupyterEnvironment({ home, runtime, jupyterConfig }: Place): Record<string, string> {
  return {
    JUPYTER_RUNTIME_DIR: runtime.own,
    JUPYTER_CONFIG_DIR: path.join(home, ".jupyter"),
    JUPYTER_CONFIG_PATH: jupyterConfig,
    JUPYTER_DATA_DIR: path.join(home, ".local", "share", "jupyter"),
    IPYTHONDIR: path.join(home, ".ipython"),
  };
}

export const jupyterSettings = { KernelManager: { transport: "ipc" } };

function secretFor(variable: string | null, secret: string, runtime: RuntimePaths): Record<string, string> {
  if (variable === null) return {};
  return variable.endsWith("_FILE") ? { [variable]: runtime.secret } : { [variable]: secret };
}

/** A folder said for containers, below the home's mount, is meant relative to the home. */
export function directoryFor(spec: ServerSpec, home: string): string {
  const wanted = spec.app.workingDirectory;
  if (wanted === null) return home;
  const below = path.relative(spec.home.mountPath, wanted);
  if (path.isAbsolute(wanted) && (below.startsWith("..") || path.isAbsolute(below))) return wanted;
  return path.join(home, path.isAbsolute(wanted) ? below : wanted);
}
