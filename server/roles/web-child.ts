import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { systemClock } from "#server/clock.ts";
import { readLogo } from "#server/config/logo.ts";
import type { Config } from "#server/config/schema.ts";
import { accountNamed } from "#server/embedded/account.ts";
import type { Log } from "#server/log.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { readPem } from "./certificates.ts";
import type { HomePaths } from "./home.ts";
import { obtainVerifyKey } from "./verify-key.ts";
import { webFolderFor } from "./web-folder.ts";

const readyTimeoutMs = 30_000;
const restartPauseMs = 1000;

type WebOptions = {
  readonly config: Config;
  readonly paths: HomePaths;
  readonly log: Log;
  /** Gives a start up that still waits for its hub. */
  readonly signal?: AbortSignal;
};
type Owner = { readonly uid: number; readonly gid: number };

/** Whom the web app runs as when we are root: a hole in a web framework must not be one in the machine. */
export function webAccount(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = accountNamed(["berth-web", "www-data", "daemon"]);
  return { uid, gid };
}

/** The web role as a child: without database, kubeconfig, our environment or root. It is started again when it ends. */
export async function startWebChild(options: WebOptions): Promise<{ stop(): Promise<void> }> {
  const owner = webAccount();
  if (owner !== undefined) chownSync(options.paths.webFolder, owner.uid, owner.gid);
  const folder = webFolderFor(options.paths.home, owner !== undefined);
  const roleKey = options.config.hub.internal.webKey;
  const logoFile = copyLogo(options);
  const { pem } = await obtainVerifyKey({ ...options, roleKey });
  let ending = false;
  const launch = async (): Promise<ChildProcess> => {
    const child = launchWeb(options, { folder, owner, logoFile, verifyKeyPem: pem });
    await untilReady(child);
    child.once("exit", (code, signal) => {
      if (ending) return;
      options.log.error({ code, signal }, "the web app ended; starting it again");
      void relaunch();
    });
    return child;
  };
  const relaunch = async () => {
    while (!ending) {
      await systemClock.sleep(restartPauseMs);
      const next = await launch().catch((error: unknown) =>
        options.log.error({ err: error }, "the web app did not start"),
      );
      if (next) {
        child = next;
        return;
      }
    }
  };
  let child = await launch();
  return {
    stop: async () => {
      ending = true;
      await endChild(child);
    },
  };
}

/** Beside the folder of the web app's account, not in it: nothing there is for somebody else to write through. */
function copyLogo({ config, paths }: WebOptions): string | null {
  const logo = readLogo(config.portal.logoFile);
  rmSync(paths.webLogo, { force: true });
  if (logo === null) return null;
  writeFileSync(paths.webLogo, logo.body);
  chmodSync(paths.webLogo, 0o644);
  return paths.webLogo;
}

type WebProcess = {
  readonly folder: string;
  readonly owner: Owner | undefined;
  readonly logoFile: string | null;
  readonly verifyKeyPem: string;
};

function launchWeb({ config, paths, log }: WebOptions, web: WebProcess): ChildProcess {
  const { folder, owner, logoFile, verifyKeyPem } = web;
  const { hub, proxy, portal } = config;
  const ca = readPem(hub.caFile);
  const child = spawn(owner === undefined ? process.execPath : "/proc/self/exe", [path.join(folder, "web.mjs")], {
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
    ...(owner ?? {}),
    env: {
      NODE_ENV: "production",
      PATH: "/usr/bin:/bin",
      BERTH_WEB_PARENT: "stdin",
      BERTH_WEB_DIR: folder,
      BERTH_WEB_LISTEN: proxy.webConnectUrl ?? paths.webSocket,
      BERTH_WEB_INTERNAL: hub.connectUrl ?? paths.webInternalSocket,
      ...(hub.connectUrl === undefined || hub.internal.webKey === undefined
        ? {}
        : { BERTH_WEB_INTERNAL_KEY: hub.internal.webKey }),
      ...(ca === null ? {} : { BERTH_WEB_HUB_CA: ca }),
      BERTH_WEB_HUB_API: hub.apiConnectUrl ?? paths.webApiSocket,
      BERTH_WEB_PUBLIC_URL: publicUrlOf(config),
      BERTH_WEB_VERIFY_KEY: verifyKeyPem,
      BERTH_WEB_NAME: portal.name,
      BERTH_WEB_ACCENT: portal.accent,
      ...(logoFile === null ? {} : { BERTH_WEB_LOGO_FILE: logoFile }),
      BERTH_WEB_SECRET: process.env.BERTH_WEB_SECRET ?? webSecret(paths),
    },
  });
  logLines(child.stdout, (line) => log.info({ part: "web" }, line));
  logLines(child.stderr, (line) => log.warn({ part: "web" }, line));
  return child;
}

/** Seals next-auth's own short cookies; kept, so that a login under way survives a restart. */
function webSecret(paths: HomePaths): string {
  const file = path.join(path.dirname(paths.signingKey), "web-secret");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

function logLines(stream: Readable | null, write: (line: string) => void): void {
  if (stream === null) return;
  createInterface({ input: stream }).on("line", (line) => {
    if (line.trim() !== "") write(line);
  });
}

async function untilReady(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The web app was not ready within 30 s.")), readyTimeoutMs);
    const settle = (error?: Error) => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(error);
    };
    child.stdout?.on("data", (chunk: Buffer) => chunk.toString().includes("web: ready") && settle());
    child.once("error", (error) => settle(error));
    child.once("exit", (code) =>
      settle(new Error(`The web app ended with code ${code} before it was ready; its own words are in the log.`)),
    );
  }).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
  await ended;
  clearTimeout(timer);
}
