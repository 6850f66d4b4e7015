/** The closed set of reasons a verb aborts with. The UI and tests match these, never the text. */
export const hubErrorCodes = [
  "unauthenticated",
  "forbidden",
  "not-found",
  "conflict",
  "invalid",
  "limit-reached",
  "rate-limited",
  "not-ready",
  "unavailable",
  "internal",
] as const;
export type HubErrorCode = (typeof hubErrorCodes)[number];

export type HubErrorDetail = Readonly<Record<string, string | number | boolean | null>>;

type HubErrorOptions = { cause?: unknown; detail?: HubErrorDetail };

/**
 * What aborts a verb: a code for programs, a sentence for people, a cause for the log.
 * `detail` may reach the caller; `cause` never does.
 */
export class HubError extends Error {
  readonly brand = "HubError";
  readonly code: HubErrorCode;
  readonly publicMessage: string;
  readonly detail: HubErrorDetail;

  constructor(code: HubErrorCode, publicMessage: string, options: HubErrorOptions = {}) {
    super(publicMessage, { cause: options.cause });
    this.name = "HubError";
    this.code = code;
    this.publicMessage = publicMessage;
    this.detail = options.detail ?? {};
  }
}

/** By brand: a bundler may load this class twice, and `instanceof` would then lie. */
export function isHubError(error: unknown): error is HubError {
  return error instanceof Error && "brand" in error && error.brand === "HubError";
}
