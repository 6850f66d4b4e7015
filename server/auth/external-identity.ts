/** What a provider said about somebody, after everything that could be checked was checked. */
export type ExternalIdentity = {
  readonly issuer: string;
  readonly subject: string;
  /** Normalised; `null` when the claim is missing, no text, or can't be a name here. */
  readonly name: string | null;
  /** `null`: the provider didn't say, or not in a form that can be trusted. That is not the same as "no groups". */
  readonly groups: readonly string[] | null;
  /** Domain of the e-mail address, when the provider vouches for the address. */
  readonly verifiedEmailDomain: string | null;
};

/** Why nobody could be made of a login at a provider. `reason` is for the log and the audit, never for the page. */
export type NoIdentity = { readonly code: "provider" | "expired" | "wrong"; readonly reason: string };

export type Exchanged =
  | {
      readonly kind: "identity";
      readonly identity: ExternalIdentity;
      /** With it the hub asks for today's groups between logins. */
      readonly refreshToken: string | null;
    }
  | ({ readonly kind: "none" } & NoIdentity);

/** What a provider says about somebody between two logins. */
export type Refreshed =
  | {
      readonly kind: "identity";
      readonly identity: ExternalIdentity;
      /** The next one, when the provider gives a new one at each use. */
      readonly refreshToken: string | null;
    }
  /** It said clearly that it gives nothing for this token any more (RFC 6749 §5.2, invalid_grant). */
  | { readonly kind: "refused" }
  /** Not reached, or an answer that says nothing about them. */
  | { readonly kind: "unknown"; readonly reason: string };
