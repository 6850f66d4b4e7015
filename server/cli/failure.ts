import type { HubErrorCode } from "#server/errors.ts";
import { isClientError, NoHubHereError } from "./client.ts";
import type { OutputFormat } from "./output.ts";
import { UsageError } from "./usage-error.ts";

type Failure = {
  /** What went wrong and why, in a sentence. */
  readonly message: string;
  /** What to do now; empty when the sentence says it. */
  readonly next: string;
  readonly code: HubErrorCode | "usage" | "unreachable" | "failed";
};

/** Says on stderr what failed and what to do, and returns the exit code. */
export function reportFailure(error: unknown, format: OutputFormat): number {
  const failure = failureOf(error);
  const text =
    format === "json"
      ? JSON.stringify({ error: failure })
      : [failure.message, failure.next].filter((line) => line !== "").join("\n");
  process.stderr.write(`${text}\n`);
  return failure.code === "usage" || failure.code === "invalid" ? 2 : 1;
}

function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { message: error.message, next: error.next, code: "usage" };
  if (!isClientError(error))
    return { message: error instanceof Error ? error.message : String(error), next: "", code: "failed" };
  const data = error.data;
  // Without the hub's own words it was something else that answered, or nobody.
  if (data === null || data === undefined || typeof data.hubCode !== "string") return unreachable(error);
  const next =
    data.hubCode === "internal" ? `Tell your admin the request id ${data.requestId}.` : (nextSteps[data.hubCode] ?? "");
  return { message: error.message, next, code: data.hubCode };
}

/** What to say when nobody answered, or something that is no hub; null when a hub did. */
export function unreachableWords(error: unknown): string | null {
  if (error instanceof NoHubHereError) return error.message;
  const { code, message } = failureOf(error);
  return code === "unreachable" ? message : null;
}

function unreachable(error: Error): Failure {
  return {
    message: `The hub did not answer: ${error.message}`,
    next: "Check that it runs, and that BERTH_URL (or --home) names it. On its machine `berth doctor` looks at what it needs.",
    code: "unreachable",
  };
}

/** Where the hub's sentence doesn't say it already. */
const nextSteps: Partial<Record<HubErrorCode, string>> = {
  unauthenticated: "Set BERTH_TOKEN to a token that is still good; the portal's Tokens page makes one.",
  forbidden: "Use a token with the scope for this, or run the command on the hub's machine, as the home's owner.",
  "not-found": "See what there is with `berth user list` and `berth server list`.",
  conflict: "See how things are with `berth server list`.",
  unavailable: "Try again in a moment; `berth doctor` says what is wrong if it stays so.",
};
