import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Where everything of one installation lies on this machine. */
export type HomePaths = {
  readonly home: string;
  readonly database: string;
  readonly signingKey: string;
  readonly verifyKey: string;
  /** The hub's API, for the edge beside it. */
  readonly apiSocket: string;
  /** The loopback port servers call the hub's API on, once one needed it. */
  readonly serversApiPort: string;
  /** The hub's API with all rights, for the command line of whoever owns this home. */
  readonly adminSocket: string;
  readonly edgeSocket: string;
  readonly webFolder: string;
  /** A copy of `portal.logoFile` that the account of the pages can read. */
  readonly webLogo: string;
  readonly webSocket: string;
  readonly webInternalSocket: string;
  /** The hub's API, for pages that are made on the server with the visitor's own cookie. */
  readonly webApiSocket: string;
};

export function defaultHome(isRoot: boolean, workingDirectory: string): string {
  return isRoot ? "/var/lib/berth" : path.join(workingDirectory, ".berth");
}

export function homePaths(home: string): HomePaths {
  const run = path.join(home, "run");
  return {
    home,
    database: path.join(home, "database"),
    signingKey: path.join(home, "keys", "session.pem"),
    verifyKey: path.join(home, "keys", "session.pub.pem"),
    apiSocket: path.join(run, "hub", "api.sock"),
    serversApiPort: path.join(run, "hub", "servers-api.port"),
    adminSocket: path.join(run, "hub", "admin.sock"),
    edgeSocket: path.join(run, "hub", "edge.sock"),
    webFolder: path.join(run, "web"),
    webLogo: path.join(run, "logo"),
    webSocket: path.join(run, "web", "web.sock"),
    webInternalSocket: path.join(run, "web", "hub.sock"),
    webApiSocket: path.join(run, "web", "api.sock"),
  };
}

/**
 * Makes the folders this process owns. The home itself may be entered by servers of other uids, whatever umask we were started
 * with; what is secret may not. A home that was there keeps the mode its owner gave it.
 */
export function prepareHome(paths: HomePaths): void {
  const isNew = mkdirSync(paths.home, { recursive: true, mode: 0o755 }) !== undefined;
  if (isNew) chmodSync(paths.home, 0o755);
  mkdirSync(path.join(paths.home, "run"), { recursive: true, mode: 0o755 });
  chmodSync(path.join(paths.home, "run"), 0o755);
  for (const folder of [path.dirname(paths.signingKey), path.dirname(paths.apiSocket)]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  }
  mkdirSync(paths.webFolder, { recursive: true, mode: 0o700 });
}

/** A socket file left by a process that was killed would keep the next one from listening. */
export function removeSocket(file: string): void {
  if (existsSync(file)) rmSync(file, { force: true });
}

/** `~` as the shell would have it. */
export function expandHome(folder: string): string {
  return folder.startsWith("~/") ? path.join(homedir(), folder.slice(2)) : path.resolve(folder);
}
