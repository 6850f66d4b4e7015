import { chmodSync, chownSync } from "node:fs";
import type { Server } from "node:http";
import type { Target } from "#server/spawner/spawner.ts";
import { removeSocket } from "./home.ts";

/** Listens where `target` says; a Unix socket is for its owner alone. Rejects with what is wrong and what to do. */
export async function listenOn(
  server: Server,
  target: Target,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  if (target.kind === "unix") removeSocket(target.path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(sentenceFor(error, target), { cause: error })),
    );
    if (target.kind === "unix") server.listen(target.path, resolve);
    else server.listen(target.port, target.host, resolve);
  });
  if (target.kind !== "unix") return;
  chmodSync(target.path, 0o600);
  if (owner !== undefined) chownSync(target.path, owner.uid, owner.gid);
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function sentenceFor(error: NodeJS.ErrnoException, target: Target): string {
  const where = target.kind === "unix" ? target.path : `${target.host}:${target.port}`;
  if (error.code === "EADDRINUSE")
    return `Something else listens on ${where} already. Stop it, or choose another port with --port.`;
  if (error.code === "EACCES") return `This user may not listen on ${where}. Choose a port above 1023 with --port.`;
  return `Can't listen on ${where}: ${error.message}`;
}
