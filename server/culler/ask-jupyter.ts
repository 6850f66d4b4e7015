import { type IncomingMessage, request } from "node:http";
import { z } from "zod";
import type { Target } from "#server/spawner/spawner.ts";

/** What a Jupyter server says of itself. Ages, not times: its clock may be wrong, and how long ago is what matters. */
export type JupyterAnswer =
  | { readonly kind: "busy" }
  | { readonly kind: "quiet"; readonly activityAgeMs: number | null }
  | { readonly kind: "no-answer" };

export type JupyterQuestion = {
  readonly target: Target;
  /** With both slashes; `/` where the edge takes the server's prefix away. */
  readonly prefix: string;
  readonly header: { readonly name: string; readonly value: string } | null;
};

const timeoutMs = 5000;
const maximalBytes = 1_048_576;

const Kernels = z.array(z.object({ execution_state: z.string().nullish(), last_activity: z.string().nullish() }));
const Terminals = z.array(z.object({ last_activity: z.string().nullish() }));
const Status = z.object({ kernels: z.int() });

type Answer = { readonly status: number; readonly body: unknown; readonly atMs: number };

/**
 * Busy: a kernel is computing. Otherwise when a kernel or a terminal last did something. The `last_activity` of `/api/status` can't be
 * believed: an open tab's own looks at its lists move it (jupyter_server `update_api_activity`). What people do in a page without
 * a kernel (files, editor) the edge sees.
 */
export async function askJupyter(
  question: JupyterQuestion,
  nowMs: number,
  signal: AbortSignal,
): Promise<JupyterAnswer> {
  const status = await get(question, "api/status", nowMs, signal);
  const known = status?.status === 200 ? Status.safeParse(status.body) : null;
  if (status === null || !known?.success) return { kind: "no-answer" };
  const [kernels, terminals] = await Promise.all([
    known.data.kernels === 0 ? { ...status, body: [] } : get(question, "api/kernels", nowMs, signal),
    get(question, "api/terminals", nowMs, signal),
  ]);
  const running = kernels?.status === 200 ? Kernels.safeParse(kernels.body) : null;
  // 404: a server without terminals.
  const open = terminals === null ? null : Terminals.safeParse(terminals.status === 404 ? [] : terminals.body);
  if (!running?.success || !open?.success) return { kind: "no-answer" };
  if (running.data.some(({ execution_state }) => execution_state === "busy")) return { kind: "busy" };
  const age = Math.min(...[...running.data, ...open.data].map((one) => ageOf(one.last_activity, status.atMs)));
  return { kind: "quiet", activityAgeMs: Number.isFinite(age) ? age : null };
}

/** Without a time there is no activity to speak of. */
function ageOf(at: string | null | undefined, atMs: number): number {
  const ms = at === null || at === undefined ? Number.NaN : Date.parse(at);
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : Math.max(0, atMs - ms);
}

/** `null`: no answer, or not one that can be read. Redirects aren't followed (S-64): what answers may be somebody else by now. */
function get({ target, prefix, header }: JupyterQuestion, path: string, nowMs: number, signal: AbortSignal) {
  const where = target.kind === "unix" ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise<Answer | null>((resolve) => {
    const asked = request({
      ...where,
      // Jupyter doesn't count a request that says so as activity.
      path: `${prefix}${path}?no_track_activity=1`,
      method: "GET",
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: { connection: "close", accept: "application/json", ...(header && { [header.name]: header.value }) },
    });
    asked.on("response", (response) => {
      readJson(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body, atMs: clockOf(response) ?? nowMs }),
        () => resolve(null),
      );
    });
    asked.on("error", () => resolve(null));
    asked.on("close", () => resolve(null));
    asked.end();
  });
}

/** What the server's own clock says, to the second. */
function clockOf({ headers }: IncomingMessage): number | null {
  const ms = Date.parse(headers.date ?? "");
  return Number.isNaN(ms) ? null : ms;
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) throw new Error("the answer came as text");
    bytes += chunk.length;
    if (bytes > maximalBytes) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  if (response.statusCode !== 200) return null;
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
