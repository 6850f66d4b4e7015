import type { CheckFinding, KeyPath } from "./problem.ts";
import type { Config, GithubProvider, OidcProvider } from "./schema.ts";

const reservedIds = new Set(["local", "dummy", "github", "credentials"]);

/** Logins that let nobody in, or more people than their writer thinks, end the start (CVE-2018-7206, CVE-2020-26250, CVE-2024-37300). */
export function authFindings(auth: Config["auth"]): CheckFinding[] {
  const seen = new Set<string>();
  const oidc = auth.oidc.flatMap((provider, index) => {
    const path = ["auth", "oidc", index];
    const twice = seen.has(provider.id) || reservedIds.has(provider.id);
    seen.add(provider.id);
    const ids = twice
      ? [{ path: [...path, "id"], message: `“${provider.id}” is taken. Each login needs an id of its own.` }]
      : [];
    return [...ids, ...oidcFindings(provider, path)];
  });
  return [...oidc, ...(auth.github === undefined ? [] : githubFindings(auth.github)), ...doors(auth)];
}

function oidcFindings(provider: OidcProvider, path: KeyPath): CheckFinding[] {
  const rules = { allowedUsers: provider.allowedUsers, allowedGroups: provider.allowedGroups };
  const conditions = { allowedEmailDomains: provider.allowedEmailDomains };
  const findings = allowFindings(provider.allowAll, rules, conditions, path);
  const domains = (provider.allowedEmailDomains ?? []).flatMap((domain, index) =>
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i.test(domain)
      ? []
      : [
          {
            path: [...path, "allowedEmailDomains", index],
            message: `“${domain}” is no domain. Write it in full, such as example.org, without @ or *.`,
          },
        ],
  );
  const needsClaim = (["allowedGroups", "adminGroups"] as const).find((key) => provider[key] !== undefined);
  const claim =
    needsClaim !== undefined && provider.groupsClaim === undefined
      ? [
          {
            path: [...path, needsClaim],
            message: "The groups can't be known without “groupsClaim”, the claim they are listed in.",
          },
        ]
      : [];
  const issuer = /^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::|\/|$)/.test(provider.issuer)
    ? []
    : [{ path: [...path, "issuer"], message: "The provider must be reached over https." }];
  return [...findings, ...domains, ...claim, ...issuer];
}

function githubFindings(provider: GithubProvider): CheckFinding[] {
  const path = ["auth", "github"];
  const rules = { allowedUsers: provider.allowedUsers, allowedOrganizations: provider.allowedOrganizations };
  const secret =
    provider.clientSecret === undefined
      ? [{ path, message: "GitHub needs a client secret. Set “clientSecretFile”, or BERTH_AUTH_GITHUB_CLIENT_SECRET." }]
      : [];
  return [...secret, ...allowFindings(provider.allowAll, rules, {}, path)];
}

type Rules = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Nobody gets in by default. An admin list names admins among those let in and is no rule by itself. A condition (the mail
 * domain) narrows `allowAll`; a rule beside it would be without effect.
 */
function allowFindings(allowAll: boolean, rules: Rules, conditions: Rules, path: KeyPath): CheckFinding[] {
  const set = Object.keys(rules).filter((name) => rules[name] !== undefined);
  const narrowed = Object.keys(conditions).some((name) => conditions[name] !== undefined);
  const names = [...Object.keys(rules), ...Object.keys(conditions)].map((name) => `“${name}”`).join(", ");
  if (!allowAll && !narrowed && set.length === 0)
    return [
      {
        path,
        message: `No rule lets anybody log in here. Set one of ${names}, or “allowAll: true” for everybody the provider knows.`,
      },
    ];
  if (allowAll && set.length > 0)
    return [
      {
        path: [...path, "allowAll"],
        message: `“allowAll: true” lets everybody in, whatever “${set[0]}” says. Remove one of them.`,
      },
    ];
  return [];
}

function doors(auth: Config["auth"]): CheckFinding[] {
  const known = [...auth.oidc.map((provider) => provider.id), ...(auth.github === undefined ? [] : ["github"])];
  if (auth.autoLogin !== undefined && !known.includes(auth.autoLogin))
    return [
      {
        path: ["auth", "autoLogin"],
        message: `There is no login “${auth.autoLogin}”. Known are ${known.length === 0 ? "none yet" : known.join(", ")}.`,
      },
    ];
  if (known.length === 0 && !auth.local.enabled && auth.dummy === undefined)
    return [
      {
        path: ["auth", "local", "enabled"],
        message:
          "Nobody could log in: every login is off. Leave local accounts on, or add “auth.oidc” or “auth.github”.",
      },
    ];
  return [];
}
