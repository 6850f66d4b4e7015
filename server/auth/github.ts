import { z } from "zod";
import type { GithubProvider } from "../config/schema.ts";
import { normaliseUserName, userNameProblem } from "../servers/names.ts";
import type { Exchanged } from "./external-identity.ts";
import { fetchJson, ProviderError } from "./fetch-json.ts";
import { asNone, type OauthReturn } from "./oidc.ts";

const TokenAnswer = z.union([z.object({ access_token: z.string().min(1) }), z.object({ error: z.string() })]);
const GithubUser = z.object({ id: z.int().positive(), login: z.string().min(1) });
const Organizations = z.array(z.object({ login: z.string() }));

const pageSize = 100;
const maximalPages = 10;

/** GitHub is OAuth without OIDC. The numeric id is who somebody is: a login can be given up and taken by another. */
export async function exchangeAtGithub(provider: GithubProvider, returned: OauthReturn): Promise<Exchanged> {
  return await identityAtGithub(provider, returned).catch(asNone);
}

async function identityAtGithub(provider: GithubProvider, returned: OauthReturn): Promise<Exchanged> {
  const answer = TokenAnswer.parse(
    await fetchJson(`${provider.baseUrl.replace(/\/$/, "")}/login/oauth/access_token`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: provider.clientId,
        client_secret: provider.clientSecret ?? "",
        code: returned.code,
        redirect_uri: returned.redirectUri,
        code_verifier: returned.codeVerifier,
      }),
    }),
  );
  // GitHub reports a bad code with status 200.
  if ("error" in answer) {
    const code = answer.error === "bad_verification_code" ? "expired" : "provider";
    return { kind: "none", code, reason: "GitHub no longer takes this code, or not from this client" };
  }
  const user = GithubUser.parse(await callApi(provider, "/user", answer.access_token));
  const groups = asksOrganizations(provider) ? await organizationsOf(provider, answer.access_token) : null;
  const name = normaliseUserName(user.login);
  return {
    kind: "identity",
    identity: {
      issuer: provider.baseUrl,
      subject: String(user.id),
      name: userNameProblem(name) === null ? name : null,
      groups,
      verifiedEmailDomain: null,
    },
    refreshToken: null,
  };
}

export function asksOrganizations(provider: GithubProvider): boolean {
  return provider.allowedOrganizations !== undefined;
}

/** Organizations' names are compared without case, as GitHub does. */
async function organizationsOf(provider: GithubProvider, accessToken: string): Promise<readonly string[]> {
  const names: string[] = [];
  for (let page = 1; page <= maximalPages; page++) {
    const path = `/user/orgs?per_page=${pageSize}&page=${page}`;
    const some = Organizations.parse(await callApi(provider, path, accessToken));
    names.push(...some.map((organization) => organization.login.toLowerCase()));
    if (some.length < pageSize) return names;
  }
  throw new ProviderError("more organizations than can be looked at");
}

async function callApi(provider: GithubProvider, path: string, accessToken: string): Promise<unknown> {
  return await fetchJson(`${provider.apiUrl.replace(/\/$/, "")}${path}`, {
    headers: { authorization: `Bearer ${accessToken}`, accept: "application/vnd.github+json" },
  });
}
