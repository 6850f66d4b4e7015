import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import type { HubErrorCode } from "#server/errors.ts";

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
