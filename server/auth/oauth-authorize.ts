import { randomBytes } from "node:crypto";
import { z } from "zod";
import { hasGrant } from "#db/access-grants.ts";
import { inTransaction } from "#db/client.ts";
import { insertCode } from "#db/codes.ts";
import type { ServerWithOwner } from "#db/servers.ts";
import { HubError } from "#server/errors.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { Actor } from "./actor.ts";
import { callbackOf, findClient, scopesOfLogin } from "./oauth-client.ts";
import { challengeOf } from "./pkce.ts";
import { parseScope } from "./scopes.ts";
import { sidHashOf } from "./session-token.ts";

/** RFC 6749 recommends ten minutes at most. */
const codeSeconds = 600;

const text = z.string().max(2048);

/** What a server sends the browser with (RFC 6749, 4.1.1). What isn't known is ignored, as the RFC has it. */
export const AuthorizeInput = z.object({
  client_id: text,
  redirect_uri: text,
  response_type: text.optional(),
  state: text.optional(),
  scope: text.optional(),
  code_challenge: text.optional(),
  code_challenge_method: text.optional(),
});
type Input = z.infer<typeof AuthorizeInput>;
type Visitor = Extract<Actor, { kind: "user" }>;

/**
 * A visitor's browser comes from a server with a login of its own, and goes back with a code that is good once. Its owner, and who was let
 * in with a reason, are asked no more: both have said so already. Errors: invalid (nothing is sent back to an address that isn't the
 * server's own), forbidden, unauthenticated.
 */
export async function authorizeLogin(ctx: VerbContext, rawInput: unknown): Promise<{ readonly location: string }> {
  const input = AuthorizeInput.parse(rawInput);
  const { actor } = ctx;
  if (actor.kind !== "user") throw new HubError("unauthenticated", "Log in first.");
  const client = await findClient(ctx.db, input.client_id);
  if (client === undefined)
    throw new HubError("invalid", "The server this login is for no longer exists. Open it again from your home page.");
  if (input.redirect_uri !== callbackOf(ctx.config, client))
    throw new HubError(
      "invalid",
      "This login would go back to an address that isn't the server's own, so it ends here.",
    );
  const back = (answer: Record<string, string>) => ({ location: locationOf(ctx, input, answer) });
  const problem = problemOf(input, actor.name, client);
  if (problem !== null) return back(problem);
  await requireAccess(ctx, actor, client);
  const code = randomBytes(32).toString("base64url");
  await inTransaction(ctx.db, (tx) =>
    insertCode(tx, {
      hash: sidHashOf(code),
      purpose: "oauth",
      payload: {
        serverId: client.server.id,
        generation: String(client.server.generation),
        userId: actor.userId,
        sessionId: actor.sessionId,
        redirectUri: input.redirect_uri,
        challenge: input.code_challenge ?? "",
      },
      expiresAt: new Date(ctx.clock.now().getTime() + codeSeconds * 1000),
    }),
  );
  return back({ code });
}

async function requireAccess({ db, clock }: VerbContext, visitor: Visitor, { server }: ServerWithOwner): Promise<void> {
  if (server.userId === visitor.userId || (await hasGrant(db, server.id, visitor.userId, clock.now()))) return;
  throw new HubError("forbidden", "This server isn't yours, and you were not let in. Ask its owner or an admin.");
}

/** What is wrong with the question itself, for the server to say (RFC 6749, 4.1.2.1). */
function problemOf(input: Input, visitor: string, client: ServerWithOwner): Record<string, string> | null {
  if (input.response_type !== "code")
    return { error: "unsupported_response_type", error_description: "Only response_type=code is known here." };
  if (challengeOf(input.code_challenge, input.code_challenge_method) === "invalid")
    return { error: "invalid_request", error_description: "A code challenge must be of the method S256." };
  const given: ReadonlySet<string> = new Set(scopesOfLogin(visitor, client));
  const beyond = (input.scope ?? "")
    .split(" ")
    .find((scope) => scope !== "" && !given.has(withNames(scope, visitor, client)));
  if (beyond === undefined) return null;
  return { error: "invalid_scope", error_description: "A login in a server gives the way into that server only." };
}

/** `access:servers!server` and `read:users:name!user` mean this server and this visitor. */
function withNames(scope: string, visitor: string, { server, ownerName }: ServerWithOwner): string {
  if (scope.endsWith("!user")) return `${scope}=${visitor}`;
  if (scope.endsWith("!server")) return `${scope}=${ownerName}/${server.name}`;
  return parseScope(scope) ?? scope;
}

function locationOf(ctx: VerbContext, { redirect_uri, state }: Input, answer: Record<string, string>): string {
  const query = new URLSearchParams({ ...answer, ...(state === undefined ? {} : { state }) });
  return new URL(`${redirect_uri}?${query}`, publicUrlOf(ctx.config)).href;
}
