import { existsSync } from "node:fs";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { Agent, request } from "undici";
import type { AppRouter } from "#server/api/root.ts";
import { homePaths } from "#server/roles/home.ts";
import { UsageError } from "./failure.ts";

export type ApiClient = ReturnType<typeof createApiClient>;

/**
 * The hub's API for the command line: over the socket in the home when this machine runs the hub and we own it, else at
 * `BERTH_URL` with `BERTH_TOKEN`.
 */
export function connect(home: string, environment: NodeJS.ProcessEnv): ApiClient {
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
    throw new UsageError(
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
    return { ok: answer.statusCode < 400, json: () => answer.body.json() };
  };
  return createTRPCClient<AppRouter>({
    links: [httpLink({ url, transformer: superjson, fetch: viaDispatcher })],
  });
}

/** The sentence the hub gave, with the request id when it is the hub's own fault. */
export function sentenceOf(error: TRPCClientError<AppRouter>): { what: string; next: string } {
  const data = error.data;
  if (data === null || data === undefined) {
    return {
      what: "The hub did not answer.",
      next: `Check that it runs and that its address is right. (${error.message})`,
    };
  }
  const next = data.hubCode === "internal" ? `Tell your admin the request id ${data.requestId}.` : "";
  return { what: error.message, next };
}

export function isClientError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}
