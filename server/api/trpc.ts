import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import type { Actor, RequestOrigin } from "#server/auth/actor.ts";
import { HubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { hubErrorOf, trpcCodeOf } from "./errors.ts";
import { refuseUnkeepable } from "./keepable.ts";

export type ApiContext = { readonly hub: Hub; readonly actor: Actor; readonly origin: RequestOrigin };

const t = initTRPC.context<ApiContext>().create({
  transformer: superjson,
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
  errorFormatter({ shape, error, ctx }) {
    const hubError = asHubError(error);
    return {
      message: hubError.publicMessage,
      code: shape.code,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        hubCode: hubError.code,
        detail: hubError.detail,
        requestId: ctx?.origin.requestId ?? null,
      },
    };
  },
});

/** Every error leaves as a HubError's public sentence or as a generic one; the rest goes to the log. */
const translateErrors = t.middleware(async ({ ctx, path, next }) => {
  const result = await next();
  if (result.ok) return result;
  const hubError = asHubError(result.error);
  if (hubError.code === "internal") {
    ctx.hub.log.error(
      { err: result.error.cause ?? result.error, path, requestId: ctx.origin.requestId },
      "a procedure failed",
    );
  }
  throw new TRPCError({ code: trpcCodeOf[hubError.code], message: hubError.publicMessage, cause: hubError });
});

function asHubError(error: TRPCError): HubError {
  const known = hubErrorOf(error.cause);
  if (known !== null) return known;
  if (error.code === "NOT_FOUND") return new HubError("not-found", "There is no such procedure.", { cause: error });
  if (malformed.has(error.code))
    return new HubError("invalid", "This request isn't in the form the hub expects.", { cause: error });
  return new HubError(
    "internal",
    "Something went wrong on our side. Try again; if it happens again, tell your admin the request id.",
    { cause: error },
  );
}

/** What tRPC itself refuses before a procedure is asked. */
const malformed: ReadonlySet<string> = new Set([
  ...["BAD_REQUEST", "PARSE_ERROR", "METHOD_NOT_SUPPORTED", "UNSUPPORTED_MEDIA_TYPE", "PAYLOAD_TOO_LARGE"],
]);

export const router = t.router;

/** For everybody, also who isn't logged in; the verb behind it checks the scope. */
export const publicProcedure = t.procedure.use(translateErrors).use(async ({ ctx, next, getRawInput }) => {
  refuseUnkeepable(await getRawInput());
  return await next({ ctx: { ...ctx, verb: verbContextOf(ctx) } });
});

/** Refuses early who isn't logged in. */
export const userProcedure = publicProcedure.use(async ({ ctx, next }) => {
  if (ctx.actor.kind === "anonymous") {
    throw new TRPCError({
      code: "UNAUTHORIZED",
      cause: new HubError("unauthenticated", "You are not logged in any more. Log in again."),
    });
  }
  return await next({ ctx });
});

function verbContextOf(ctx: ApiContext): VerbContext {
  return ctx.hub.contextFor(ctx.actor, ctx.origin);
}
