import type { Scope } from "./scopes.ts";

/** Who asks. Every verb gets one; its scopes were read from the database for this request. */
export type Actor =
  | {
      readonly kind: "user";
      readonly userId: string;
      readonly name: string;
      readonly sessionId: string;
      readonly scopes: ReadonlySet<Scope>;
    }
  | {
      readonly kind: "token";
      readonly userId: string;
      readonly name: string;
      readonly tokenId: string;
      readonly serverId: string | null;
      readonly scopes: ReadonlySet<Scope>;
    }
  /** Berth itself: the culler, the reconciler, the command line on the hub's own socket. */
  | { readonly kind: "system"; readonly name: string; readonly scopes: ReadonlySet<Scope> }
  | { readonly kind: "anonymous"; readonly scopes: ReadonlySet<Scope> };

/** Where the request came from, for the audit. */
export type RequestOrigin = { readonly requestId: string; readonly clientAddress: string };
