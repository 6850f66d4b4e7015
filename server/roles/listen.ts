import { chmodSync, chownSync } from "node:fs";
import type { Server, ServerResponse } from "node:http";
import { systemClock } from "#server/clock.ts";
import type { Target } from "#server/spawner/spawner.ts";
import { removeSocket } from "./home.ts";

const inHand = new WeakMap<Server, Set<ServerResponse>>();

/** Listens where `target` says; a Unix socket is for its owner alone. Rejects with what is wrong and what to do. */
export async function listenOn(
  server: Server,
  target: Target,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  if (target.kind === "unix") removeSocket(target.path);
  const answers = new Set<ServerResponse>();
  inHand.set(server, answers);
  server.on("request", (_request, response: ServerResponse) => {
    answers.add(response);
    response.once("close", () => answers.delete(response));
  });
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

const answersForMs = 3000;

/**
 * Takes nobody new and lets what was asked be answered for a moment: whoever asked would else not know whether it was done. What `waitsFor`
 * leaves out is cut off.
 */
export async function closeServer(
  server: Server,
  waitsFor: (answer: ServerResponse) => boolean = isNoStream,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const endMs = systemClock.monotonicMs() + answersForMs;
  while ([...(inHand.get(server) ?? [])].some(waitsFor) && systemClock.monotonicMs() < endMs) {
    await systemClock.sleep(20);
    server.closeIdleConnections();
  }
  server.closeAllConnections();
  await closed;
}

/** The hub writes an answer at once, or it is a stream that ends only when the listener does. */
function isNoStream(answer: ServerResponse): boolean {
  return !answer.headersSent || answer.writableEnded;
}

function sentenceFor(error: NodeJS.ErrnoException, target: Target): string {
  const where = target.kind === "unix" ? target.path : `${target.host}:${target.port}`;
  if (error.code === "EADDRINUSE")
    return `Something else listens on ${where} already. Stop it, or choose another port with --port.`;
  if (error.code === "EACCES") return `This user may not listen on ${where}. Choose a port above 1023 with --port.`;
  return `Can't listen on ${where}: ${error.message}`;
}
