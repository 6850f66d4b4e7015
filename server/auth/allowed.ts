/**
 * Who may log in through a provider. Fails closed: a rule that isn't there lets nobody in, and a claim that is missing or
 * of another type matches no rule (CVE-2018-7206, CVE-2020-26250, CVE-2024-37300).
 */
export type AllowRules = {
  readonly allowAll: boolean;
  readonly allowedUsers: readonly string[] | undefined;
  readonly allowedGroups: readonly string[] | undefined;
  readonly adminUsers: readonly string[] | undefined;
  readonly adminGroups: readonly string[] | undefined;
  /** A condition on everybody, admins and `allowAll` included; as the only rule it lets in whoever meets it. */
  readonly allowedEmailDomains: readonly string[] | undefined;
};

export type Candidate = {
  readonly name: string;
  readonly groups: readonly string[] | null;
  readonly verifiedEmailDomain: string | null;
};

export type Admittance =
  | { readonly kind: "denied"; readonly reason: "email-domain" | "no-rule" }
  /** `admin: null`: the provider has no say in it. */
  | { readonly kind: "allowed"; readonly admin: boolean | null };

/** Names and domains in `rules` are normalised as the candidate's are. */
export function admittanceOf(rules: AllowRules, candidate: Candidate): Admittance {
  const domains = rules.allowedEmailDomains;
  const domain = candidate.verifiedEmailDomain;
  if (domains !== undefined && (domain === null || !domains.includes(domain))) {
    return { kind: "denied", reason: "email-domain" };
  }
  const named = (list: readonly string[] | undefined) => list?.includes(candidate.name) ?? false;
  const inGroup = (list: readonly string[] | undefined) =>
    list?.some((group) => candidate.groups?.includes(group)) ?? false;
  const isAdmin = named(rules.adminUsers) || inGroup(rules.adminGroups);
  const onlyDomains = domains !== undefined && rules.allowedUsers === undefined && rules.allowedGroups === undefined;
  const allowed = rules.allowAll || onlyDomains || isAdmin || named(rules.allowedUsers) || inGroup(rules.allowedGroups);
  if (!allowed) return { kind: "denied", reason: "no-rule" };
  const decidesAdmins = rules.adminUsers !== undefined || rules.adminGroups !== undefined;
  return { kind: "allowed", admin: decidesAdmins ? isAdmin : null };
}
