import type { Amounts, Budget, CullRule, MemberLimits, SharedVolume } from "#db/schema/settings.ts";
import type { PhaseView } from "./views.ts";

/** What the pages get to see of groups. Plain data; dates travel as Date (superjson). */

export type GroupRow = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Its members come from the identity provider and can't be changed here. */
  readonly managed: boolean;
  readonly members: number;
  readonly managers: readonly string[];
  readonly activeServers: number;
  readonly createdAt: Date;
  /** Of a deleted group: until when it can be brought back. */
  readonly undoUntil: Date | null;
};

/** What the asker may do with this group, for the page to offer; every verb checks it again. */
export type GroupAbilities = {
  readonly seeMembers: boolean;
  readonly changeMembers: boolean;
  /** Name managers, rename, delete. */
  readonly administer: boolean;
  /** Give it a shared folder: where the backend has volumes and the group a namespace. */
  readonly shareVolume: boolean;
};

export type GroupView = GroupRow & {
  readonly ceiling: Amounts;
  readonly quota: Amounts;
  readonly memberLimits: MemberLimits;
  readonly budget: Budget | null;
  readonly cull: CullRule;
  readonly sharedVolume: SharedVolume | null;
  readonly may: GroupAbilities;
};

export type MembershipView = {
  readonly group: string;
  readonly description: string;
  readonly role: "member" | "manager";
  /** The last thing this user asked the group for. */
  readonly request: RequestView | null;
};

export type MemberRow = {
  readonly userId: string;
  readonly name: string;
  readonly role: "member" | "manager";
  readonly limits: MemberLimits;
  readonly addedAt: Date;
  readonly disabledAt: Date | null;
  readonly lastActivityAt: Date | null;
  readonly servers: readonly {
    readonly id: string;
    readonly name: string;
    readonly phase: PhaseView;
    readonly phaseSince: Date;
    readonly profileSlug: string | null;
    /** It counts against this group. */
    readonly countsHere: boolean;
  }[];
  readonly homes: readonly {
    readonly id: string;
    readonly name: string;
    readonly capacityBytes: number;
    readonly usedBytes: number | null;
    readonly lastUsedAt: Date | null;
  }[];
};

export type DeletionPreview = {
  readonly group: string;
  readonly members: number;
  readonly managed: boolean;
  /** They are stopped. At most a hundred are named. */
  readonly runningServers: {
    readonly total: number;
    readonly named: readonly { readonly ownerName: string; readonly name: string; readonly phase: PhaseView }[];
  };
  /** They are kept; after `undoUntil` as nobody's. At most a hundred are named, the fullest first. */
  readonly homes: {
    readonly total: number;
    readonly capacityBytes: number;
    readonly usedBytes: number;
    readonly named: readonly {
      readonly ownerName: string;
      readonly name: string;
      readonly capacityBytes: number;
      readonly usedBytes: number | null;
    }[];
  };
  readonly undoUntil: Date;
};

/** Which profiles this group opens to its members, by `allowed_groups`. */
export type OpenedProfile = {
  readonly slug: string;
  readonly displayName: string;
  /** `everybody`: no rule stands in the way. `group`: being in this group opens it. */
  readonly by: "everybody" | "group";
  readonly deprecated: boolean;
  /** Only what `allowed_groups` opens to this group beyond what is open to everybody. */
  readonly choices: readonly { readonly option: string; readonly displayName: string }[];
};

export type RequestView = {
  readonly id: string;
  readonly group: string;
  readonly userName: string;
  readonly message: string;
  readonly createdAt: Date;
  readonly decision: "waiting" | "granted" | "declined";
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly answer: string;
};

/** One line of a CSV file that can't be used. */
export type CsvProblem = { readonly line: number; readonly message: string };

export type MemberChange = {
  /** Null for whoever is removed because no line names them. */
  readonly line: number | null;
  readonly user: string;
  readonly kind: "add" | "remove" | "make-manager" | "make-member";
};

export type CsvPreview<Change> = {
  readonly changes: readonly Change[];
  /** Lines that say what is true already. */
  readonly unchanged: number;
  readonly problems: readonly CsvProblem[];
  /** One sentence about the problems, or null. */
  readonly message: string | null;
  /** To apply exactly these changes; null while there are problems. */
  readonly token: string | null;
};

export type UserChange = {
  readonly line: number;
  readonly user: string;
  readonly kind: "create" | "disable" | "enable";
};

/*
 * The procedures (`group` is a name; `users` are names):
 *   groups.mine            query    → MembershipView[]                    the caller's own; [] in none
 *   groups.list            query    { search, sort: "name"|"-name"|"created"|"-created", page, pageSize } → Page<GroupRow>
 *   groups.deleted         query    the same → Page<GroupRow>             what can be brought back (admins)
 *   groups.get             query    { group } → GroupView
 *   groups.members         query    { group, search, role?, sort: "name"|"-name"|"added"|"-added", page, pageSize } → Page<MemberRow>
 *   groups.profiles        query    { group } → OpenedProfile[]
 *   groups.create          mutation { name, description? } → GroupRow
 *   groups.describe        mutation { group, description } → GroupRow
 *   groups.rename          mutation { group, name } → GroupRow
 *   groups.deletionPreview query    { group } → DeletionPreview
 *   groups.delete          mutation { group } → { id, name, undoUntil, stopped }
 *   groups.undoDelete      mutation { id } → GroupRow
 *   groups.addMembers      mutation { group, users } → { added }          all or nobody
 *   groups.removeMembers   mutation { group, users } → { removed }
 *   groups.setRole         mutation { group, user, role } → { role }
 *   groups.setSharedVolume mutation { group, volume: { name, capacity, storageClass?, writers? } | null } → SharedVolume | null
 *   groups.exportCsv       query    { group } → { fileName, text }
 *   groups.previewCsv      mutation { group, text, mode?: "add"|"exact" } → CsvPreview<MemberChange>    writes nothing
 *   groups.applyCsv        mutation { group, text, mode?, token } → { added, removed, roles }
 *   groups.ask             mutation { group, message } → RequestView
 *   groups.requests        query    { group, decision?, page, pageSize } → Page<RequestView>
 *   groups.decide          mutation { id, decision: "granted"|"declined", answer? } → RequestView
 *   users.previewCsv       mutation { text } → CsvPreview<UserChange>     writes nothing
 *   users.applyCsv         mutation { text, token } → { created, disabled, enabled, passwords: string | null }
 */
