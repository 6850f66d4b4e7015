/** Kubernetes' `Status` object, as far as anybody here decides by it. */
type Status = {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
};

export type KubeFailure = {
  /** The HTTP status; 0 when no answer came, and then nobody knows whether the request was carried out. */
  readonly status: number;
  readonly reason: string;
  /** The API server's own words. For logs and admins; the predicates below are for programs. */
  readonly detail: string;
  readonly causes: readonly string[];
  readonly retryAfterSeconds: number | null;
  readonly cause?: unknown;
};

/** The one error of this folder. Raw answers and headers never leave it. */
export class KubeApiError extends Error {
  readonly brand = "KubeApiError";
  readonly status: number;
  readonly reason: string;
  readonly detail: string;
  readonly causes: readonly string[];
  readonly retryAfterSeconds: number | null;

  constructor(failure: KubeFailure) {
    super(`the Kubernetes API answered ${failure.status} ${failure.reason}`, { cause: failure.cause });
    this.name = "KubeApiError";
    this.status = failure.status;
    this.reason = failure.reason;
    this.detail = failure.detail;
    this.causes = failure.causes;
    this.retryAfterSeconds = failure.retryAfterSeconds;
  }
}

const detailLength = 1000;

/** From an HTTP answer; its body may be a proxy's page instead of a `Status`. */
export function errorFromAnswer(status: number, body: string, retryAfterHeader: string | undefined): KubeApiError {
  const parsed = statusIn(body);
  const header = retryAfterHeader === undefined ? Number.NaN : Number(retryAfterHeader);
  return new KubeApiError({
    status,
    reason: parsed?.reason ?? "",
    detail: (parsed?.message ?? body).slice(0, detailLength),
    causes: parsed?.details?.causes?.map(({ reason = "" }) => reason) ?? [],
    retryAfterSeconds: Number.isFinite(header) ? header : (parsed?.details?.retryAfterSeconds ?? null),
  });
}

/** From a `Status` inside a watch's ERROR event. */
export function errorFromStatus(object: unknown): KubeApiError {
  const code = typeof object === "object" && object !== null && "code" in object ? Number(object.code) : 500;
  return errorFromAnswer(Number.isInteger(code) ? code : 500, JSON.stringify(object) ?? "", undefined);
}

/** No answer: refused, reset, timed out, or an answer that ended in the middle. */
export function errorWithoutAnswer(reason: "ConnectionLost" | "DeadlineExceeded", cause: unknown): KubeApiError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new KubeApiError({ status: 0, reason, detail, causes: [], retryAfterSeconds: null, cause });
}

export function isKubeApiError(error: unknown): error is KubeApiError {
  return error instanceof Error && "brand" in error && error.brand === "KubeApiError";
}

export function isNotFound(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && error.status === 404;
}

/** The name is taken. */
export function isAlreadyExists(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && error.status === 409 && error.reason === "AlreadyExists";
}

/** A precondition failed (another UID, another version), or quota bookkeeping collided (kubernetes#67761). */
export function isConflict(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && error.status === 409 && error.reason !== "AlreadyExists";
}

/** A version or a page token the API server no longer has. */
export function isGone(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && (error.status === 410 || error.reason === "Expired");
}

/** A version the API server hasn't reached: it lags behind another one, or etcd was restored from a backup. */
export function isTooLargeVersion(error: unknown): error is KubeApiError {
  return (
    isKubeApiError(error) &&
    (error.causes.includes("ResourceVersionTooLarge") || /Too large resource version/i.test(error.detail))
  );
}

export function isUnauthorized(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && error.status === 401;
}

export function isForbidden(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && error.status === 403;
}

export function isQuotaExceeded(error: unknown): error is KubeApiError {
  return isForbidden(error) && /exceeded quota/i.test(error.detail);
}

/** Quota admission that hasn't counted yet: it passes by itself, and says nothing about what is used. */
export function isQuotaUncounted(error: unknown): error is KubeApiError {
  return (
    (isForbidden(error) && /status unknown for quota|unable to (?:retrieve|get) quota/i.test(error.detail)) ||
    (isConflict(error) && /resourcequota/i.test(error.detail))
  );
}

export function isNamespaceTerminating(error: unknown): error is KubeApiError {
  return isForbidden(error) && error.causes.includes("NamespaceTerminating");
}

export function isTooManyRequests(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && error.status === 429;
}

/**
 * It doesn't answer, or not sensibly (504, a connection that broke). Nothing follows from it about what runs, and the request may have been carried
 * out all the same: look before trying again.
 */
export function isUnavailable(error: unknown): error is KubeApiError {
  return isKubeApiError(error) && (error.status === 0 || error.status >= 500);
}

function statusIn(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? (parsed as Status) : undefined;
  } catch {
    return undefined;
  }
}
