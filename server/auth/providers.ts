import type { Clock } from "../clock.ts";
import type { Config, OidcProvider } from "../config/schema.ts";
import { normaliseUserName } from "../servers/names.ts";
import type { AllowRules } from "./allowed.ts";
import type { Exchanged, Refreshed } from "./external-identity.ts";
import { exchangeAtGithub } from "./github.ts";
import { createOidcClient, type OauthReturn, type OidcClient } from "./oidc.ts";

export type IdentityProvider = {
  readonly id: string;
  readonly rules: AllowRules;
  /** Groups at this provider become memberships here; GitHub's organizations only decide who may log in. */
  readonly managesGroups: boolean;
  exchange(returned: OauthReturn): Promise<Exchanged>;
  /** `null`: its groups are read at the login only. */
  readonly refreshing: GroupRefreshing | null;
};

export type GroupRefreshing = {
  readonly issuer: string;
  readonly everySeconds: number;
  refresh(refreshToken: string, subject: string): Promise<Refreshed>;
};

export type IdentityProviders = {
  readonly oidc: ReadonlyMap<string, OidcClient>;
  find(id: string): IdentityProvider | undefined;
  /** Those whose groups are asked for between logins. */
  readonly refreshing: readonly IdentityProvider[];
};

/** The providers of the config, each with its cached discovery and keys. Make it once a hub. */
export function createProviders(config: Config, clock: Clock): IdentityProviders {
  const oidc = new Map<string, OidcClient>();
  const all = new Map<string, IdentityProvider>();
  for (const provider of config.auth.oidc) {
    const client = createOidcClient(provider, clock);
    oidc.set(provider.id, client);
    all.set(provider.id, {
      id: provider.id,
      rules: normalisedRules({ ...provider, allowedGroups: provider.allowedGroups }),
      managesGroups: provider.groupsClaim !== undefined,
      exchange: (returned) => client.exchange(returned),
      refreshing: refreshingOf(provider, client),
    });
  }
  const { github } = config.auth;
  if (github !== undefined) {
    const allowedGroups = github.allowedOrganizations?.map((name) => name.toLowerCase());
    all.set("github", {
      id: "github",
      rules: normalisedRules({ ...github, allowedGroups }),
      managesGroups: false,
      exchange: (returned) => exchangeAtGithub(github, returned),
      refreshing: null,
    });
  }
  const refreshing = [...all.values()].filter((provider) => provider.refreshing !== null);
  return { oidc, find: (id) => all.get(id), refreshing };
}

function refreshingOf(provider: OidcProvider, client: OidcClient): GroupRefreshing | null {
  const everySeconds = provider.refreshGroupsSeconds;
  if (provider.groupsClaim === undefined || everySeconds === 0) return null;
  return {
    issuer: provider.issuer,
    everySeconds,
    refresh: (refreshToken, subject) => client.refresh(refreshToken, subject),
  };
}

/** Names in the config are compared as names are stored; domains without case. */
function normalisedRules(from: {
  readonly allowAll: boolean;
  readonly allowedUsers?: readonly string[] | undefined;
  readonly allowedGroups?: readonly string[] | undefined;
  readonly adminUsers?: readonly string[] | undefined;
  readonly adminGroups?: readonly string[] | undefined;
  readonly allowedEmailDomains?: readonly string[] | undefined;
}): AllowRules {
  return {
    allowAll: from.allowAll,
    allowedUsers: from.allowedUsers?.map(normaliseUserName),
    allowedGroups: from.allowedGroups,
    adminUsers: from.adminUsers?.map(normaliseUserName),
    adminGroups: from.adminGroups,
    allowedEmailDomains: from.allowedEmailDomains?.map((domain) => domain.toLowerCase()),
  };
}
