import type { Receiver } from "./headers.ts";
import type { Run, Visitor } from "./run.ts";

/**
 * What a run's server gets of a visitor's credentials. A token of the portal goes into a server with a login of its own only where it can do
 * no harm that isn't done: it is the owner's, or it was made in a login of that very server (it ends with a session, and opens nothing else).
 */
export function receiverFor({ route }: Run, visitor: Visitor): Receiver {
  if (route.auth === "edge") return { kind: "server", ownLogin: "none", inject: route.inject };
  const ofItsLogin = visitor.tokenId !== null && visitor.sidHash !== null;
  const mayHaveToken = visitor.userId === route.ownerId || ofItsLogin;
  return { kind: "server", ownLogin: mayHaveToken ? "with-portal-tokens" : "without-portal-tokens", inject: null };
}
