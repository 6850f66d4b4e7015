import type { HubErrorCode } from "#server/errors.ts";

/** HubError → HTTP: the only such map. JupyterHub's clients want 403, never 401, for "not logged in" (auth.py:595-678). */
export const statusOf = {
  unauthenticated: 403,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  invalid: 400,
  "limit-reached": 400,
  "rate-limited": 429,
  "not-ready": 424,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<HubErrorCode, number>;
