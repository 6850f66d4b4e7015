import type { MemberGroup } from "#db/reservations.ts";

export type GroupQuestion = {
  /** The group somebody named; undefined when nobody did. */
  readonly asked: string | undefined;
  /** The group the server counted against last time. */
  readonly rememberedId: string | null;
  readonly memberships: readonly MemberGroup[];
  /** Whether who asks may take from this group: for oneself any, for a member those one manages. */
  mayUse(group: string): boolean;
  readonly required: boolean;
  readonly owner: string;
};

export type GroupChoice =
  | { readonly kind: "group"; readonly member: MemberGroup }
  | { readonly kind: "none" }
  /** In several, and none was named: `groups` to choose from. */
  | { readonly kind: "choose"; readonly groups: readonly string[]; readonly message: string }
  | { readonly kind: "refused"; readonly reason: "invalid" | "forbidden"; readonly message: string };

/** Which group a server counts against: the one that is named, the one it had, the only one there is. */
export function chooseGroup(question: GroupQuestion): GroupChoice {
  const { asked, memberships, owner } = question;
  const usable = memberships.filter(({ group }) => question.mayUse(group.name));
  if (asked !== undefined) {
    const named = usable.find(({ group }) => group.name === asked);
    return named === undefined ? { ...notIn(owner, asked), kind: "refused" } : { kind: "group", member: named };
  }
  const remembered = usable.find(({ group }) => group.id === question.rememberedId);
  const [first, second] = usable;
  if (remembered !== undefined) return { kind: "group", member: remembered };
  if (first !== undefined && second === undefined) return { kind: "group", member: first };
  if (first === undefined) return withoutGroup(question);
  const groups = usable.map(({ group }) => group.name);
  return { kind: "choose", groups, message: `Choose the group this server counts against: ${anyOf(groups)}.` };
}

/** The same words whether the group exists, and isn't theirs, or doesn't. */
function notIn(owner: string, asked: string) {
  return { reason: "invalid", message: `“${owner}” can’t start a server in a group “${asked}”.` } as const;
}

function withoutGroup({ memberships, required, owner }: GroupQuestion): GroupChoice {
  if (memberships.length > 0) {
    const message = `None of the groups of “${owner}” is yours to start servers in.`;
    return { kind: "refused", reason: "forbidden", message };
  }
  if (!required) return { kind: "none" };
  const message = `Servers here count against a group, and “${owner}” is in none. Ask a group’s manager or an admin to be added.`;
  return { kind: "refused", reason: "forbidden", message };
}

function anyOf(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
