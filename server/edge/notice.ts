import { z } from "zod";
import { answerFailure, answerJson, answerScript } from "./answer.ts";
import { askerOf, type Incoming } from "./incoming.ts";
import { noticeScript } from "./notice-script.ts";
import type { Run, Visitor } from "./run.ts";
import type { EdgeState } from "./state.ts";

/** The one segment under a server's prefix that is the edge's own (docs/decisions/006-a-notice-in-jupyterlab.md). */
const ownSegment = "_berth";
/** Jupyter's own pages. Whatever else it serves, a user's HTML file above all, is never touched. */
const pages: ReadonlySet<string> = new Set(["lab", "doc", "tree", "notebooks", "edit", "consoles", "terminals"]);

export type NoticeQuestion = { readonly run: Run; readonly visitor: Visitor | null; readonly path: string };

/** Answers what the script in a server's page asks; false when the request is the server's own. Who asks has been checked. */
export function answersNotice(state: EdgeState, incoming: Incoming, { run, visitor, path }: NoticeQuestion): boolean {
  const [own, what] = segmentsBehind(run, path);
  const { notice } = run.route;
  if (own !== ownSegment || notice === undefined || state.options.notices !== true) return false;
  const asker = askerOf(state, incoming);
  const { method } = incoming.request;
  const nowMs = state.options.clock.now().getTime();
  if (what === "notice.js" && method === "GET") answerScript(incoming.response, noticeScript, asker);
  else if (what === "notice" && method === "GET")
    answerJson(incoming.response, 200, { ...stopOf(notice, nowMs), access: accessOf(run, visitor, nowMs) }, asker);
  else if (what === "extend" && method === "POST") void extend(state, incoming, run, visitor);
  else answerFailure(incoming.response, { kind: "not-found" }, asker);
  return true;
}

/** What is put into the head of a page of this server; `null` for everything that isn't one of Jupyter's own pages. */
export function insertFor(state: EdgeState, incoming: Incoming, { run, path }: NoticeQuestion): Buffer | null {
  const { head, request } = incoming;
  if (run.route.notice === undefined || state.options.notices !== true || request.method !== "GET") return null;
  if (head.fetchMode !== "navigate" || head.fetchDest !== "document") return null;
  if (!pages.has(segmentsBehind(run, path)[0] ?? "")) return null;
  return Buffer.from(`<script defer src="${run.route.prefix}${ownSegment}/notice.js"></script>`);
}

/** The header lines without what lets the server compress its answer: a page that is added to must be readable. */
export function asWritten(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]?.toLowerCase() !== "accept-encoding") kept.push(headers[index] ?? "", headers[index + 1] ?? "");
  return kept;
}

function segmentsBehind({ route }: Run, path: string): string[] {
  const segments = (path.split("?", 1)[0] ?? "").split("/");
  return segments.slice(route.stripPrefix ? 1 : route.prefix.split("/").length - 1);
}

/** In how many seconds, not when: the browser's clock may be wrong. */
function stopOf({ stop }: NonNullable<Run["route"]["notice"]>, nowMs: number) {
  if (stop === null) return { stop };
  const { at, message, canExtend } = stop;
  return { stop: { inSeconds: Math.max(0, (at - nowMs) / 1000), message, canExtend } };
}

/** S-91: whoever is in somebody else's server is told so, and its user who else may be in it and why. */
function accessOf({ route }: Run, visitor: Visitor | null, nowMs: number): string[] {
  if (visitor !== null && visitor.userId !== route.ownerId) {
    const left = minutesText(visitor.untilMs - nowMs);
    return [`You are in the server of ${route.ownerName}, who is told so. Your access ends by itself in ${left}.`];
  }
  const guests = route.notice?.guests.filter(({ until }) => until > nowMs) ?? [];
  return guests.map(
    ({ name, reason, until }) => `${name} may be in this server for another ${minutesText(until - nowMs)}: “${reason}”`,
  );
}

function minutesText(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 60_000))} min`;
}

async function extend(state: EdgeState, incoming: Incoming, run: Run, visitor: Visitor | null): Promise<void> {
  const asker = askerOf(state, incoming);
  const question = { serverId: run.route.serverId, sidHash: visitor?.sidHash ?? "" };
  const answer = await state.client.ask("/internal/extend", question, z.object({ ok: z.boolean() })).catch(() => null);
  if (answer === null) return answerFailure(incoming.response, { kind: "portal-unavailable" }, asker);
  answerJson(incoming.response, answer.ok ? 200 : 409, answer, asker);
}
