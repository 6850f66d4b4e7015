import { randomBytes } from "node:crypto";
import type { Tx } from "#db/client.ts";
import type { ServerRow } from "#db/servers.ts";
import { insertToken, revokeTokensOfRunsBefore } from "#db/tokens.ts";
import type { Scope } from "#server/auth/scopes.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { specOf } from "#server/spawner/record.ts";
import { hashOfToken, makeTokenText, prefixOfToken } from "#server/tokens/token-text.ts";

/** New at every start. With a login of its own the server calls the hub with it, so it is a token. */
export function secretFor(spec: Pick<ServerSpec, "app">): string {
  return spec.app.auth === "hub" ? makeTokenText() : randomBytes(32).toString("base64url");
}

/** JupyterHub's role `server`: it may say that somebody is active, and is the way into this one server. */
export function scopesOfServer(ownerName: string, serverName: string): Scope[] {
  return [`users:activity!user=${ownerName}`, `access:servers!server=${ownerName}/${serverName}`];
}

/** Makes the secret of the run that was just wished a token of its own. It works until that run is over. */
export async function registerSecret(tx: Tx, wished: ServerRow, ownerName: string, at: Date): Promise<void> {
  const { id: serverId, generation, secret, userId, name } = wished;
  if (secret === null || specOf(wished)?.app.auth !== "hub") return;
  await revokeTokensOfRunsBefore(tx, { serverId, generation }, at);
  await insertToken(tx, {
    userId,
    kind: "server",
    serverId,
    generation,
    hash: hashOfToken(secret),
    prefix: prefixOfToken(secret),
    note: "of the server itself",
    scopes: scopesOfServer(ownerName, name),
    createdAt: at,
  });
}
