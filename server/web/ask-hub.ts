import { Agent, type Dispatcher, fetch } from "undici";
import type { z } from "zod";
import { ownName } from "#server/internal/callers.ts";
import { checkedBy, type HubAddress, originOf } from "#server/internal/hub-address.ts";
import { LoginOptions, SignInAnswer, type SignInQuestion } from "#server/internal/messages.ts";
import { webSettings } from "./settings.ts";

const agents = new Map<string, Dispatcher>();

/** Plain fetch can't open a Unix socket; an agent kept for the process can, and keeps its connections. */
export function agentFor(target: HubAddress): Dispatcher {
  const key = target.kind === "unix" ? target.path : originOf(target);
  const known = agents.get(key);
  if (known !== undefined) return known;
  const agent = new Agent({
    connections: 32,
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
    connect: target.kind === "unix" ? { socketPath: target.path } : checkedBy(target),
  });
  agents.set(key, agent);
  return agent;
}

export function originFor(target: HubAddress): string {
  return originOf(target);
}

/** The hub didn't answer, or not as agreed. Never a wrong password: that is an answer. */
class HubUnreachable extends Error {}

/** For what only reads: a connection may end with the hub behind it, and the next one leads to another hub. */
export async function repeatedOnce<T>(question: () => Promise<T>): Promise<T> {
  return await question().catch(question);
}

async function ask(path: string, body?: unknown): Promise<unknown> {
  const { target, key } = webSettings().internal;
  const response = await fetch(`${originFor(target)}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...ownName,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    dispatcher: agentFor(target),
  }).catch((cause: unknown) => {
    throw new HubUnreachable("The hub doesn't answer.", { cause });
  });
  if (!response.ok) throw new HubUnreachable(`The hub answered ${path} with ${response.status}.`);
  return await response.json();
}

function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (!result.success) throw new HubUnreachable("The hub is of another version.", { cause: result.error });
  return result.data;
}

export async function askLoginOptions(): Promise<LoginOptions> {
  return parsed(LoginOptions, await repeatedOnce(() => ask("/internal/login-options")));
}

export async function askSignIn(question: SignInQuestion): Promise<SignInAnswer> {
  return parsed(SignInAnswer, await ask("/internal/sign-in", question));
}

export async function askSignOut(token: string): Promise<void> {
  await ask("/internal/sign-out", { token });
}
