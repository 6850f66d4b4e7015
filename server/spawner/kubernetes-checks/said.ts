import { isKubeApiError } from "#k8s/errors.ts";
import type { HealthCheck } from "../spawner.ts";

export function fine(name: string, message: string): HealthCheck {
  return { name, ok: true, message, fix: null };
}

export function wrong(name: string, message: string, fix: string | null): HealthCheck {
  return { name, ok: false, message, fix };
}

/** The API server's own words. */
export function wordsOf(error: unknown): string {
  if (!isKubeApiError(error)) return error instanceof Error ? error.message : String(error);
  return error.status === 0 ? error.detail : `${error.status} ${error.detail}`;
}

/** At most so many, by name, and how many more there are. */
export function someOf(names: readonly string[], atMost = 5): string {
  const more = names.length - atMost;
  return more > 0 ? `${names.slice(0, atMost).join(", ")} and ${more} more` : names.join(", ");
}
