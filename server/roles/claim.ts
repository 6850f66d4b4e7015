import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import type { HomePaths } from "./home.ts";

/** The parts that exist once in a home: each owns sockets in it that a second one would take over. */
export type ClaimedPart = "hub" | "edge" | "web";

/**
 * Makes sure that no other process runs one of these parts in this home. The claim is an abstract Unix socket (unix(7)):
 * the kernel lets one process have it and frees it when that one ends, however it ends. Its name is a secret of the home,
 * so that no other account can hold it. Linux only; elsewhere there is no claim.
 */
export async function claimHome(paths: HomePaths, parts: readonly ClaimedPart[]): Promise<() => void> {
  if (process.platform !== "linux") return () => undefined;
  const secret = claimSecret(paths);
  const held: Server[] = [];
  const release = () => {
    for (const server of held) server.close();
  };
  for (const part of parts) {
    const server = await claim(`\0berth:${secret}:${part}`);
    if (server === null) {
      release();
      throw new Error(alreadyRunning(paths, part));
    }
    held.push(server);
    writeFileSync(pidFile(paths, part), String(process.pid));
  }
  return () => {
    for (const part of parts) rmSync(pidFile(paths, part), { force: true });
    release();
  };
}

async function claim(name: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  // Holding the name must not keep the process alive.
  server.unref();
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}

/** Written by the first start; of two at once, both read what one of them wrote. */
function claimSecret(paths: HomePaths): string {
  const file = path.join(path.dirname(paths.signingKey), "claim-name");
  try {
    writeFileSync(file, randomBytes(24).toString("base64url"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(file, "utf8");
}

function alreadyRunning(paths: HomePaths, part: ClaimedPart): string {
  const pid = readPid(pidFile(paths, part));
  const who = pid === null ? "" : ` (process ${pid})`;
  return `Berth already runs with its home in ${paths.home}${who}. Stop that one first, or choose another home with --home.`;
}

function readPid(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    // The other one has written nothing yet, or has just ended.
    return null;
  }
}

function pidFile(paths: HomePaths, part: ClaimedPart): string {
  return path.join(path.dirname(paths.adminSocket), `${part}.pid`);
}
