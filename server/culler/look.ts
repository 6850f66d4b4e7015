import type { CullCandidate } from "#db/culling.ts";
import type { AppSpec } from "#server/profiles/spec.ts";
import { prefixFor } from "#server/servers/names.ts";
import type { Target } from "#server/spawner/spawner.ts";
import type { JupyterAnswer, JupyterQuestion } from "./ask-jupyter.ts";
import type { Activity, Announcement } from "./cull.ts";
import { lastedMs, type Moment, observe, type Steady } from "./steady.ts";

/** What the leading culler remembers of a server between two looks. It dies with its leadership. */
export type Memory = {
  readonly generation: number;
  readonly idle: Steady;
  readonly age: Steady;
  readonly announced: { readonly stopAtMs: number; readonly why: string; readonly sinceMonotonicMs: number } | null;
  /** Since when it has given no answer, each time it was asked. */
  readonly silentSinceMonotonicMs: number | null;
};

/** The memory after a look at the record; another run of the server begins a new one. */
export function remember(before: Memory | undefined, row: CullCandidate, moment: Moment): Memory {
  const same = before?.generation === row.generation ? before : undefined;
  const [readyMs, activeMs] = [row.readyAt.getTime(), row.lastActivityAt?.getTime() ?? 0];
  return {
    generation: row.generation,
    idle: observe(same?.idle, `${activeMs} ${readyMs}`, Math.max(activeMs, readyMs), moment),
    age: observe(same?.age, `${readyMs}`, readyMs, moment),
    announced: announcedOf(same, row, moment),
    silentSinceMonotonicMs: same?.silentSinceMonotonicMs ?? null,
  };
}

function announcedOf(same: Memory | undefined, { stopAt, stopWhy }: CullCandidate, moment: Moment) {
  if (stopAt === null || stopWhy === null) return null;
  const known = same?.announced;
  if (known && moment.isContinuous && known.stopAtMs === stopAt.getTime() && known.why === stopWhy) return known;
  return { stopAtMs: stopAt.getTime(), why: stopWhy, sinceMonotonicMs: moment.monotonicMs };
}

/** From the moment it was made, not from when it is next read. */
export function withAnnouncement(
  memory: Memory,
  { stopAtMs, why }: { stopAtMs: number; why: string },
  moment: Moment,
): Memory {
  return { ...memory, announced: { stopAtMs, why, sinceMonotonicMs: moment.monotonicMs } };
}

export function announcementOf({ announced }: Memory, { monotonicMs }: Moment): Announcement | null {
  if (announced === null) return null;
  const { stopAtMs, why, sinceMonotonicMs } = announced;
  return { stopAtMs, why, seenForMs: monotonicMs - sinceMonotonicMs };
}

/**
 * Where to ask, for a Jupyter that takes the server's secret; `null` for other apps, of which only the edge knows. With a login of its own it
 * takes it too: it is a token that opens this very server, and the server asks the hub about it.
 */
export function jupyterQuestion(row: CullCandidate): JupyterQuestion | null {
  const app = row.app as AppSpec | null;
  if (app === null || app.preset !== "jupyterlab" || row.target === null) return null;
  const header = app.auth === "hub" ? ownLoginHeader : app.secretHeader;
  return {
    target: row.target as Target,
    prefix: app.stripPrefix ? "/" : prefixFor(row.ownerName, row.name),
    header:
      header === null ? null : { name: header.name, value: header.format.replaceAll("{secret}", row.secret ?? "") },
  };
}

const ownLoginHeader = { name: "Authorization", format: "token {secret}" };

/** A server tells the time to the second, and its answer is on its way for a moment: the same activity looks a little later each time. */
const roundingMs = 5000;

/** When a server was active by its own word, if that is news. */
export function newsOf(answer: JupyterAnswer, row: CullCandidate, nowMs: number): Date | null {
  const atMs = activityMsOf(answer, nowMs);
  if (atMs === null) return null;
  const knownMs = Math.max(row.lastActivityAt?.getTime() ?? 0, row.readyAt.getTime());
  // In the future: by a clock that was put back since.
  return atMs > knownMs + roundingMs || knownMs > nowMs ? new Date(atMs) : null;
}

function activityMsOf(answer: JupyterAnswer, nowMs: number): number | null {
  switch (answer.kind) {
    case "busy":
      return nowMs;
    case "quiet":
      return answer.activityAgeMs === null ? null : Math.floor(nowMs - answer.activityAgeMs);
    case "no-answer":
      return null;
    default:
      return answer satisfies never;
  }
}

/**
 * What is known of a server's activity: by the record, which holds what the edges saw, and by its own answer. One that gives none is
 * unknown, until it has given none for a whole idle time in which the edges saw nothing either.
 */
export function activityOf(
  memory: Memory,
  answer: JupyterAnswer | "not-asked",
  idleSeconds: number | null,
  moment: Moment,
): Activity {
  const forMs = lastedMs(memory.idle, moment);
  if (answer === "not-asked") return { kind: "idle", forMs };
  if (answer.kind === "busy") return { kind: "busy" };
  if (answer.kind === "quiet") return { kind: "idle", forMs };
  const silentMs = moment.monotonicMs - (memory.silentSinceMonotonicMs ?? moment.monotonicMs);
  return idleSeconds !== null && silentMs >= idleSeconds * 1000 ? { kind: "idle", forMs } : { kind: "unknown" };
}

/** What is remembered of whether it answers. */
export function withAnswer(memory: Memory, answer: JupyterAnswer | "not-asked", moment: Moment): Memory {
  if (answer === "not-asked") return memory;
  if (answer.kind !== "no-answer") return { ...memory, silentSinceMonotonicMs: null };
  return { ...memory, silentSinceMonotonicMs: memory.silentSinceMonotonicMs ?? moment.monotonicMs };
}
