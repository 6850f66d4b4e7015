import { z } from "zod";
import { HubError } from "#server/errors.ts";
import { createToken } from "#server/tokens/create.ts";
import { listTokens } from "#server/tokens/list.ts";
import { revokeToken } from "#server/tokens/revoke.ts";
import { tokenModel } from "./models.ts";
import { empty, json, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";

export const tokenRoutes: readonly RestRoute[] = [
  {
    method: "GET",
    path: "/users/:user/tokens",
    takes: "read:tokens",
    does: "The tokens of a user that work, without their text.",
    handle: async (call) => {
      const user = call.param("user");
      const rows = await listTokens(call.verb, { user });
      return json(200, { api_tokens: rows.map((row) => tokenModel(user, row)) });
    },
  },
  {
    method: "POST",
    path: "/users/:user/tokens",
    takes: "tokens",
    does: "Makes a token: `{note, expires_in, scopes}`. Its text is in the answer, this once.",
    handle: makeToken,
  },
  {
    method: "GET",
    path: "/users/:user/tokens/:id",
    takes: "read:tokens",
    does: "One token, without its text.",
    handle: async (call) => json(200, tokenModel(call.param("user"), await tokenOf(call))),
  },
  {
    method: "DELETE",
    path: "/users/:user/tokens/:id",
    takes: "tokens",
    does: "Ends a token, everywhere within seconds.",
    handle: async (call) => {
      const { id } = await tokenOf(call);
      await revokeToken(call.verb, { id });
      return empty(204);
    },
  },
];

const NewToken = z.strictObject({
  note: z.string().optional(),
  expires_in: z.number().nullish(),
  scopes: z.array(z.string()).nullish(),
  roles: z.array(z.string()).nullish(),
  auth: z.unknown().optional(),
});

async function makeToken(call: RestCall): Promise<RestAnswer> {
  const { note, expires_in, scopes, roles, auth } = NewToken.parse(await call.body());
  if (auth !== undefined)
    throw new HubError("forbidden", "Tokens aren't given for a password here. Log in, and make one.");
  if (roles != null && roles.length > 0)
    throw new HubError("invalid", "Tokens have scopes here, no roles: give “scopes”.");
  const user = call.param("user");
  const made = await createToken(call.verb, {
    user,
    expiresInSeconds: expires_in ?? null,
    scopes: scopes ?? null,
    ...(note === undefined ? {} : { note }),
  });
  return json(201, { ...tokenModel(user, made.row), token: made.token });
}

async function tokenOf(call: RestCall) {
  const rows = await listTokens(call.verb, { user: call.param("user") });
  const found = rows.find((row) => row.id === call.param("id"));
  if (found === undefined) throw new HubError("not-found", "There is no such token.");
  return found;
}
