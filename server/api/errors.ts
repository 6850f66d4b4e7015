import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { ZodError } from "zod";
import { isDatabaseUnavailable, lockTimeoutOf } from "#db/unavailable.ts";
import { HubError, type HubErrorCode, isHubError } from "#server/errors.ts";

/** HubError → tRPC: the only such map. */
export const trpcCodeOf = {
  unauthenticated: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  "not-found": "NOT_FOUND",
  conflict: "CONFLICT",
  invalid: "BAD_REQUEST",
  "limit-reached": "PRECONDITION_FAILED",
  "rate-limited": "TOO_MANY_REQUESTS",
  "not-ready": "PRECONDITION_FAILED",
  unavailable: "SERVICE_UNAVAILABLE",
  internal: "INTERNAL_SERVER_ERROR",
} as const satisfies Record<HubErrorCode, TRPC_ERROR_CODE_KEY>;

/** What a caller may hear of what went wrong; `null` is our own mistake, for the log and a generic sentence. */
export function hubErrorOf(error: unknown): HubError | null {
  if (isHubError(error)) return error;
  if (error instanceof ZodError) return invalidInput(error);
  if (!isDatabaseUnavailable(error)) return null;
  if (lockTimeoutOf(error) !== null)
    return new HubError(
      "unavailable",
      "Another change to what you asked for is still being written. Try again in a moment.",
      { cause: error },
    );
  return new HubError("unavailable", "The portal can't reach its records right now. Try again in a moment.", {
    cause: error,
  });
}

function invalidInput(error: ZodError): HubError {
  const [issue] = error.issues;
  const field = issue?.path.join(".") ?? "";
  return new HubError("invalid", sentenceFor(issue?.message, field), { cause: error, detail: { field } });
}

/** A check of ours has a sentence of its own; what zod says of a type or a key is about a field that it doesn't name. */
function sentenceFor(message: string | undefined, field: string): string {
  if (message === undefined) return "This input isn't valid.";
  if (!/^(?:Invalid|Too|Unrecognized) /.test(message)) return message;
  return field === "" ? `${message}.` : `“${field}”: ${message}.`;
}
