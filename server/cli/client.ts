import { existsSync } from "node:fs";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { Agent, type Dispatcher, request } from "undici";
import type { AppRouter } from "#server/api/root.ts";
import { homePaths } from "#server/roles/home.ts";
import { UsageError } from "./usage-error.ts";

/** Nothing listens in the home: no hub runs there, or it is another's home. */
export class NoHubHereError extends UsageError {}

export type ApiClient = ReturnType<typeof createApiClient>;

/**
 * The hub's API for the command line: over the socket in the home when this machine runs the hub and we own it, else at
 * `BERTH_URL` with `BERTH_TOKEN`.
 */
export function connect(home: string, environment: Readonly<Record<string, string | undefined>>): ApiClient {
  const { BERTH_URL, BERTH_TOKEN } = environment;
  if (BERTH_URL !== undefined && BERTH_URL !== "") {
    if (!BERTH_TOKEN)
      throw new UsageError(
        "BERTH_URL is set but BERTH_TOKEN isn't.",
        "Make a token on the portal's Tokens page and set BERTH_TOKEN to it.",
      );
    return createApiClient(
      `${BERTH_URL.replace(/\/$/, "")}/api/trpc`,
      { authorization: `token ${BERTH_TOKEN}` },
      undefined,
    );
  }
  const socket = homePaths(home).adminSocket;
  if (!existsSync(socket)) {
    throw new NoHubHereError(
      `No Berth runs with its home in ${home}.`,
      "Start it with `npm start`, name its home with --home, or set BERTH_URL and BERTH_TOKEN to reach one elsewhere.",
    );
  }
  return createApiClient("http://hub/api/trpc", {}, new Agent({ connect: { socketPath: socket } }));
}

function createApiClient(url: string, headers: Record<string, string>, dispatcher: Agent | undefined) {
  // Node's own fetch can't go through a Unix socket.
  const viaDispatcher = async (
    input: RequestInfo | URL | string,
    init?: { body?: unknown; headers?: unknown; method?: string | undefined },
  ) => {
    const answer = await request(String(input), {
      method: init?.method === "POST" ? "POST" : "GET",
      headers: { ...headers, "content-type": "application/json" },
      body: typeof init?.body === "string" ? init.body : null,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    return { ok: answer.statusCode < 400, json: async () => await jsonOf(answer) };
  };
  return createTRPCClient<AppRouter>({
    links: [httpLink({ url, transformer: superjson, fetch: viaDispatcher })],
  });
}

/** What isn't JSON came from something else: a load balancer, a wrong address. Its status says more than its body. */
async function jsonOf({ statusCode, body }: Dispatcher.ResponseData): Promise<unknown> {
  const text = await body.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`what answered there (status ${statusCode}) is not a hub.`, { cause });
  }
}

export function isClientError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}
