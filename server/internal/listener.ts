import { randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { z } from "zod";
import { readJsonBody } from "#server/api/body.ts";
import { redeemEnterCode } from "#server/auth/enter.ts";
import { loginOptions } from "#server/auth/login-options.ts";
import { anonymous } from "#server/auth/session.ts";
import { signIn } from "#server/auth/sign-in.ts";
import { endSession } from "#server/auth/sign-out.ts";
import { extendFromPage } from "#server/culler/extend-from-page.ts";
import type { Hub } from "#server/hub.ts";
import { recordActivity } from "#server/servers/record-activity.ts";
import { answerToken } from "#server/tokens/verify.ts";
import { type Certificate, createServerWith } from "./certificate.ts";
import {
  ActivityReport,
  EnterQuestion,
  ExtendQuestion,
  SignInQuestion,
  SignOutQuestion,
  TokenQuestion,
} from "./messages.ts";
import { serveStream } from "./serve-stream.ts";

/** Who may ask what here. A hole in the web framework must not read routes; an edge can't log anybody in. */
export type InternalRole = "edge" | "web";

type Answer = (hub: Hub, body: unknown) => Promise<unknown>;

function answering<T>(schema: z.ZodType<T>, answer: (hub: Hub, question: T) => Promise<unknown>): Answer {
  return async (hub, body) => await answer(hub, schema.parse(body));
}

const questions: Record<InternalRole, Readonly<Record<string, Answer>>> = {
  edge: {
    "/internal/token": answering(TokenQuestion, (hub, question) =>
      answerToken(hub.db, question, hub.clock.now(), hub.config.hub.loadRoles),
    ),
    "/internal/activity": answering(ActivityReport, (hub, report) => recordActivity(hub.db, report, hub.clock.now())),
    "/internal/extend": answering(ExtendQuestion, (hub, question) => extendFromPage(hub, question)),
    "/internal/enter": answering(EnterQuestion, (hub, question) => redeemEnterCode(hub, question)),
  },
  web: {
    "/internal/sign-in": answering(SignInQuestion, async (hub, question) => {
      const ctx = hub.contextFor(anonymous, { requestId: randomUUID(), clientAddress: question.client });
      return await signIn({ ...ctx, signingKey: hub.signingKey.privateKey }, hub.providers, question);
    }),
    "/internal/sign-out": answering(SignOutQuestion, async (hub, { token }) => {
      const ctx = hub.contextFor(anonymous, { requestId: randomUUID(), clientAddress: "web" });
      await endSession(ctx, [hub.signingKey.publicKey], token);
    }),
  },
};

/** The role this request may act as: by the socket it came in on, or by its key on a TCP listener. */
export type RoleOf = (request: IncomingMessage) => InternalRole | null;

export function roleByKey(keys: Readonly<Record<InternalRole, string | null>>): RoleOf {
  return (request) => {
    const given = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    for (const role of ["edge", "web"] as const) if (isSame(given, keys[role])) return role;
    return null;
  };
}

function isSame(given: string, key: string | null): boolean {
  if (key === null || given.length !== key.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(key));
}

/** The internal listener: never reachable by servers (a Unix socket, or closed to them by policy and key). */
export function createInternalListener(hub: Hub, roleOf: RoleOf, certificate: Certificate | null = null): Server {
  return createServerWith(certificate, { requestTimeout: 30_000 }, (request, response) => {
    void handle(hub, roleOf, request, response).catch((error: unknown) => {
      hub.log.error({ err: error, path: request.url }, "an internal request failed");
      if (!response.headersSent) send(response, 500, { error: "internal" });
      else response.destroy();
    });
  });
}

async function handle(hub: Hub, roleOf: RoleOf, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const role = roleOf(request);
  if (role === null) return send(response, 403, { error: "no key, or the wrong one" });
  const path = request.url ?? "";
  if (role === "web") hub.callers.webAsked(request);
  if (request.method === "GET" && path === "/internal/stream" && role === "edge") {
    response.on("close", hub.callers.edgeBegan(request));
    return await serveStream(hub, response);
  }
  if (request.method === "GET" && path === "/internal/verify-key")
    return send(response, 200, { pem: hub.signingKey.publicKey.export({ type: "spki", format: "pem" }) });
  if (request.method === "GET" && path === "/internal/login-options" && role === "web") {
    return send(response, 200, await loginOptions(hub, hub.providers));
  }
  const answer = request.method === "POST" ? questions[role][path] : undefined;
  if (answer === undefined) return send(response, 404, { error: "no such question for this role" });
  const body = await readJsonBody(request, 65_536);
  if (body === undefined) return send(response, 400, { error: "the body isn't JSON, or too long" });
  return send(response, 200, (await answer(hub, body)) ?? {});
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
