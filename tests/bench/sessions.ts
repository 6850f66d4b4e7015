import { randomBytes } from "node:crypto";
import { inTransaction } from "#db/client.ts";
import { insertSession } from "#db/sessions.ts";
import { findUserByName } from "#db/users.ts";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { mintToken, sidHashOf } from "#server/auth/session-token.ts";
import { loadSigningKey } from "#server/auth/signing-key.ts";
import type { Installation } from "./installation.ts";

/** Logs somebody in without asking: a session row, and the cookie for it. */
export async function cookieOf({ database, paths, publicUrl }: Installation, userName: string): Promise<string> {
  const user = await findUserByName(database.db, userName);
  if (user === undefined) throw new Error(`there is no user ${userName}`);
  const sid = randomBytes(32).toString("base64url");
  const now = new Date();
  const expiresAt = new Date((Math.floor(now.getTime() / 1000) + 3600) * 1000);
  await inTransaction(database.db, (tx) =>
    insertSession(tx, {
      sidHash: sidHashOf(sid),
      userId: user.id,
      method: "bench",
      clientAddress: "127.0.0.1",
      createdAt: now,
      expiresAt,
    }),
  );
  const { privateKey } = await loadSigningKey({ file: paths.signingKey });
  const token = await mintToken(privateKey, "session", { sid, userId: user.id, expiresAt, serverId: null });
  return `${sessionCookieName(publicUrl)}=${token}`;
}
