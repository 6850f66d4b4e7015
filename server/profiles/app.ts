import type { AppConfig } from "./app-config.ts";
import type { AppSpec } from "./spec.ts";
import type { Settings } from "./traits.ts";
import { dollarsKept } from "./unlisted-value.ts";

type Backend = "local" | "kubernetes";

const base = { workingDirectory: null, port: 8888, args: [], listenArgs: { tcp: [], unix: [] } } as const;

/**
 * JupyterLab takes its token from JUPYTER_TOKEN (jupyter_server IdentityProvider.token) and, authenticated by it, makes no
 * Origin and XSRF checks of its own: the edge does. Without `quit_button=False` its menu could end the server behind the
 * hub's back, as in jupyterhub/singleuser.
 */
const jupyterlab: AppSpec = {
  ...base,
  preset: "jupyterlab",
  auth: "edge",
  command: ["jupyter", "lab"],
  args: [
    "--no-browser",
    "--ServerApp.base_url={prefix}",
    "--ServerApp.allow_remote_access=True",
    "--ServerApp.quit_button=False",
  ],
  listenArgs: {
    tcp: ["--ServerApp.ip={address}", "--ServerApp.port={port}", "--ServerApp.port_retries=0"],
    unix: ["--ServerApp.sock={socket}", "--ServerApp.sock_mode=0600"],
  },
  keepImageEntrypoint: true,
  defaultPath: "lab",
  readyPath: "api",
  stripPrefix: false,
  secretHeader: { name: "Authorization", format: "token {secret}" },
  secretVariable: "JUPYTER_TOKEN",
  unixSocket: true,
};

/** Stock jupyterhub-singleuser: listens where JUPYTERHUB_SERVICE_URL says and does its own OAuth with the hub. */
const singleuser: AppSpec = {
  ...jupyterlab,
  auth: "hub",
  command: ["jupyterhub-singleuser"],
  args: [],
  listenArgs: { tcp: [], unix: [] },
  secretHeader: null,
  secretVariable: "JUPYTERHUB_API_TOKEN",
  unixSocket: false,
};

/** code-server knows passwords and cookies only, so it runs without: its socket, or the network policy, keeps others out. */
const codeServer: AppSpec = {
  ...base,
  preset: "code-server",
  auth: "edge",
  command: ["code-server"],
  args: ["--auth=none", "--abs-proxy-base-path={prefix}", "--disable-telemetry", "--disable-update-check"],
  listenArgs: { tcp: ["--bind-addr={address}:{port}"], unix: ["--socket={socket}", "--socket-mode=600"] },
  keepImageEntrypoint: false,
  defaultPath: "",
  readyPath: "healthz",
  stripPrefix: true,
  secretHeader: null,
  secretVariable: null,
  unixSocket: true,
};

/** RStudio Server as an ordinary user: it needs a data folder, a database and a cookie key of its own outside /var. */
const rstudioScript = [
  'd="$(mktemp -d)" || exit 1',
  'printf "provider=sqlite\\ndirectory=%s\\n" "$d" > "$d/database.conf"',
  'exec "$(command -v rserver || echo /usr/lib/rstudio-server/bin/rserver)" --server-daemonize=0 --server-user="$(id -un)"' +
    ' --server-data-dir="$d" --database-config-file="$d/database.conf" --secure-cookie-key-file="$d/cookie-key"' +
    ' --auth-none=1 --auth-validate-users=0 "$@"',
].join("\n");

const rstudio: AppSpec = {
  ...base,
  preset: "rstudio",
  auth: "edge",
  command: ["sh", "-c", rstudioScript, "rserver"],
  args: ["--www-root-path={prefix}", "--www-verify-user-agent=0"],
  listenArgs: { tcp: ["--www-address={address}", "--www-port={port}"], unix: [] },
  keepImageEntrypoint: false,
  defaultPath: "",
  readyPath: "",
  stripPrefix: true,
  secretHeader: null,
  secretVariable: null,
  unixSocket: false,
};

const custom: AppSpec = {
  ...rstudio,
  preset: "custom",
  command: [],
  args: [],
  listenArgs: { tcp: [], unix: [] },
  keepImageEntrypoint: true,
  stripPrefix: false,
};

const presets = { jupyterlab, "code-server": codeServer, rstudio, custom } as const;

/** The app of a server: its preset, what the configuration says over it, and KubeSpawner's cmd, args and URL settings. */
export function appFor(settings: Settings, backend: Backend): AppSpec {
  const config = settings.app ?? "jupyterlab";
  const app = withCommand(said(config), settings, backend, typeof config === "object" ? config.auth : undefined);
  const port = settings.port ?? app.port;
  const workingDirectory = settings.working_dir ?? app.workingDirectory;
  const defaultPath = settings.default_url?.replace(/^\/+/, "") ?? app.defaultPath;
  return { ...app, port, workingDirectory, defaultPath, args: [...app.args, ...jupyterArgs(app, settings, backend)] };
}

function said(config: AppConfig): AppSpec {
  if (typeof config === "string") return presets[config];
  const preset = config.auth === "hub" && config.preset === "jupyterlab" ? singleuser : presets[config.preset];
  const unix = config.listenArgs === undefined ? preset.listenArgs.unix : (config.listenArgs.unix ?? []);
  return {
    preset: config.preset,
    auth: config.auth ?? preset.auth,
    command: config.command ?? preset.command,
    args: config.args ?? (config.command === undefined ? preset.args : []),
    listenArgs: { tcp: config.listenArgs?.tcp ?? preset.listenArgs.tcp, unix },
    keepImageEntrypoint: config.keepImageEntrypoint ?? preset.keepImageEntrypoint,
    port: config.port ?? preset.port,
    workingDirectory: config.workingDirectory ?? preset.workingDirectory,
    defaultPath: config.defaultPath?.replace(/^\/+/, "") ?? preset.defaultPath,
    readyPath: config.readyPath?.replace(/^\/+/, "") ?? preset.readyPath,
    stripPrefix: config.stripPrefix ?? preset.stripPrefix,
    secretHeader: config.secretHeader === undefined ? preset.secretHeader : config.secretHeader,
    secretVariable: config.secretVariable === undefined ? preset.secretVariable : config.secretVariable,
    unixSocket: unix.length > 0,
  };
}

/**
 * `cmd` is KubeSpawner's contract: what it names speaks JupyterHub's protocol, as jupyterhub-singleuser and the images' own
 * commands do. Plain Jupyter commands are the exception, since they take the edge's token.
 */
function withCommand(app: AppSpec, settings: Settings, backend: Backend, auth: AppSpec["auth"] | undefined): AppSpec {
  const args = settings.args ?? [];
  if (settings.cmd === undefined) return { ...app, args: [...app.args, ...args] };
  if (settings.cmd === null)
    return backend === "local" ? app : { ...singleuser, auth: auth ?? "hub", command: [], args: [] };
  const command = typeof settings.cmd === "string" ? [settings.cmd] : settings.cmd;
  if (isPlainJupyter(command))
    return { ...jupyterlab, command, args: [...jupyterlab.args, ...args], defaultPath: app.defaultPath };
  return auth === "edge" ? { ...app, command, args } : { ...singleuser, command, args };
}

function isPlainJupyter(command: readonly string[]): boolean {
  const program = command[0]?.split("/").at(-1) ?? "";
  if (program === "jupyter") return ["lab", "notebook", "server", "nbclassic"].includes(command[1] ?? "");
  return ["jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyter-nbclassic"].includes(program);
}

/** KubeSpawner tells these to jupyterhub-singleuser by environment; a plain Jupyter takes them as arguments. */
function jupyterArgs(app: AppSpec, settings: Settings, backend: Backend): string[] {
  const kept = (text: string) => dollarsKept(text, backend);
  if (app.preset !== "jupyterlab" || app.auth !== "edge") return [];
  return [
    ...(settings.default_url ? [`--ServerApp.default_url=${kept(settings.default_url)}`] : []),
    ...(settings.notebook_dir ? [`--ServerApp.root_dir=${kept(settings.notebook_dir)}`] : []),
    ...(settings.debug ? ["--debug"] : []),
  ];
}

/** The same settings for jupyterhub-singleuser (jupyterhub/spawner.py `get_env`). */
export function appEnvironment(app: AppSpec, settings: Settings, backend: Backend): Record<string, string> {
  const kept = (text: string) => dollarsKept(text, backend);
  if (app.auth !== "hub") return {};
  return {
    ...(settings.default_url ? { JUPYTERHUB_DEFAULT_URL: kept(settings.default_url) } : {}),
    ...(settings.notebook_dir ? { JUPYTERHUB_ROOT_DIR: kept(settings.notebook_dir) } : {}),
    ...(settings.debug ? { JUPYTERHUB_DEBUG: "1" } : {}),
    ...(settings.disable_user_config ? { JUPYTERHUB_DISABLE_USER_CONFIG: "1" } : {}),
  };
}

/** What a profile asks of an app that the app can't do. */
export function appProblem(
  app: AppSpec,
  settings: Settings,
): { readonly field: string; readonly message: string } | null {
  if (settings.disable_user_config === true && app.auth !== "hub")
    return {
      field: "disable_user_config",
      message: "“disable_user_config” needs jupyterhub-singleuser: set “cmd: jupyterhub-singleuser” beside it.",
    };
  if (app.preset === "jupyterlab") return null;
  if (settings.notebook_dir || settings.debug)
    return {
      field: settings.notebook_dir ? "notebook_dir" : "debug",
      message: "“notebook_dir” and “debug” are settings of Jupyter; this profile runs another app.",
    };
  return null;
}
