import type { StopReason } from "#db/schema/settings.ts";
import type { FitView } from "./quota-views.ts";

/** What the pages get to see. Plain data; dates travel as Date (superjson). */

export type PhaseView = "stopped" | "queued" | "spawning" | "starting" | "ready" | "stopping" | "failed";

export type LimitsView = { readonly cpuMillicores: number; readonly memoryBytes: number; readonly gpus: number };

export type FailureView = {
  readonly reason: string;
  readonly title: string;
  readonly whatHappened: string;
  readonly whatYouCanDo: readonly string[];
  readonly at: Date;
  /** The last lines the server printed, oldest first. Text, never HTML. */
  readonly logTail: readonly string[];
  /** Ready to paste into a mail to the admin: ids, times, the backend's own words. */
  readonly copyBlock: string;
};

export type StopView = {
  readonly at: Date;
  readonly why: "idle" | "max-age" | "quiet-hours" | "budget";
  /** One sentence for its user. */
  readonly message: string;
  /** Whether `culling.extend` helps. */
  readonly canExtend: boolean;
};

export type LastStopView = {
  readonly at: Date;
  readonly reason: StopReason;
  readonly message: string;
  readonly by: string;
};

export type ServerView = {
  readonly id: string;
  readonly ownerName: string;
  /** Empty for the default server. */
  readonly name: string;
  readonly phase: PhaseView;
  readonly phaseSince: Date;
  /** 1 is next; null unless queued. */
  readonly queuePosition: number | null;
  readonly profile: { readonly slug: string; readonly displayName: string } | null;
  readonly options: Readonly<Record<string, string>>;
  readonly limits: LimitsView | null;
  readonly readyAt: Date | null;
  readonly lastActivityAt: Date | null;
  /** Where the browser goes when it is ready (absolute). */
  readonly url: string;
  readonly home: { readonly name: string; readonly capacityBytes: number } | null;
  readonly failure: FailureView | null;
  readonly canStartAgain: boolean;
  /** The stop that was announced, while it is ready; null when none was. */
  readonly stop: StopView | null;
  /** Until when somebody asked to keep it. */
  readonly keepUntil: Date | null;
  /** Why it doesn't run any more; null while it does, and for one that never ran. */
  readonly lastStop: LastStopView | null;
  /** How the limits are held on this backend, when that needs saying (local without cgroups). */
  readonly limitsNote: string | null;
};

/** Still startable; the page says what to use instead. */
export type DeprecatedView = {
  readonly use: string;
  readonly useDisplayName: string;
  readonly message: string | null;
};

export type ChoiceView = {
  readonly slug: string;
  readonly displayName: string;
  readonly default: boolean;
  readonly limits: LimitsView;
  /** Shown greyed with this sentence; null: it may be chosen. */
  readonly denied: string | null;
  readonly deprecated: DeprecatedView | null;
};
export type ProfileOptionView = {
  readonly name: string;
  readonly displayName: string;
  readonly choices: readonly ChoiceView[];
  readonly unlisted: {
    readonly displayName: string;
    readonly displayNameInChoices: string;
    readonly pattern: string;
    readonly message: string;
    readonly denied: string | null;
    readonly deprecated: DeprecatedView | null;
  } | null;
};
export type ProfileView = {
  readonly slug: string;
  readonly displayName: string;
  /** Sanitised HTML. */
  readonly description: string;
  readonly default: boolean;
  readonly limits: LimitsView;
  readonly options: readonly ProfileOptionView[];
  /** Seconds from start to ready that half of the recent starts took less than; null without history. */
  readonly expectedSeconds: number | null;
  /** Shown greyed with this sentence; null: it may be started. */
  readonly denied: string | null;
  readonly deprecated: DeprecatedView | null;
};
/** The limits for every choice are computed by the hub: `servers.preview` answers for a combination. */
export type StartOptionsView = {
  readonly server: ServerView | null;
  readonly profiles: readonly ProfileView[];
  readonly last: { readonly profile: string; readonly options: Readonly<Record<string, string>> } | null;
  readonly home: { readonly name: string; readonly isNew: boolean; readonly capacityBytes: number } | null;
  readonly group: StartGroupView;
  /** Graphics cards of the group's quota; null without one. */
  readonly gpus: { readonly free: number; readonly total: number } | null;
  /** By profile, with its default choices, whether a start fits; null while a group is to be chosen and for profiles not open to them. */
  readonly fits: Readonly<Record<string, FitView | null>>;
};

/** The group a start counts against. Ask `startOptions` again with another one to see its homes and what fits. */
export type StartGroupView = {
  readonly choices: readonly string[];
  /** What a start without a word about it would take; null: none, or it must be chosen. */
  readonly selected: string | null;
  /** What to choose, or why nothing can be started at all (in no group where one is required); null when all is well. */
  readonly message: string | null;
};

export type ProgressEventView = {
  readonly id: number;
  readonly at: Date;
  readonly kind: "phase" | "backend";
  readonly message: string;
  readonly warning: boolean;
};
export type ProgressView = {
  readonly server: ServerView;
  readonly percent: number;
  /** One plain sentence about what is happening now. */
  readonly message: string;
  readonly steps: readonly {
    readonly key: string;
    readonly label: string;
    readonly state: "done" | "active" | "todo" | "failed";
  }[];
  readonly elapsedSeconds: number;
  readonly expectedSeconds: number | null;
  readonly events: readonly ProgressEventView[];
};

export type MeView = {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  readonly scopes: readonly string[];
  readonly hasPassword: boolean;
  readonly hub: {
    readonly version: string;
    readonly namedServers: boolean;
    readonly namedServerLimit: number;
    /** Why users must trust each other here (path mode, no root …); empty when they needn't. */
    readonly trustNotes: readonly string[];
  };
};

export type Page<T> = {
  readonly items: readonly T[];
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
};

export type UserRow = {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
  readonly lastActivityAt: Date | null;
  readonly runningServers: number;
  readonly groups: readonly string[];
};

export type TokenRow = {
  readonly id: string;
  readonly prefix: string;
  readonly note: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
};

/*
 * The procedures (tRPC, superjson, at /api/trpc; errors carry data.hubCode: HubErrorCode and data.requestId):
 *   me.get            query    → MeView
 *   me.changePassword mutation { current, next } → null
 *   servers.list      query    { user? } → ServerView[]            default server first, even when it was never started
 *   servers.get       query    { user, name } → ServerView
 *   servers.startOptions query { user, name, group? } → StartOptionsView
 *   servers.preview   query    { user, name, profile, options, group? } → { limits: LimitsView, fit: FitView | null }
 *   servers.start     mutation { user, name, profile?, options?, group? } → ServerView
 *   servers.startAgain mutation { user, name } → ServerView
 *   servers.stop      mutation { user, name } → ServerView        (also cancels a pending start)
 *   servers.restart   mutation { user, name } → ServerView
 *   servers.delete    mutation { user, name } → null               (named servers; the home is kept)
 *   servers.progress  subscription { user, name } → ProgressView   (SSE; the first item at once, then at each change)
 *   culling.extend    mutation { user, name, seconds? } → ServerView      (more time for a server that runs)
 *   culling.keepUntil mutation { user, name, until: Date | null } → ServerView
 *   culling.mine      query    → MyCullingView (culling-views.ts)
 *   culling.setMine   mutation { idleSeconds?, maxAgeSeconds?, quietHours? } → MyCullingView
 *   culling.group     query    { group } → GroupCullingView
 *   culling.setGroup  mutation { group, idleSeconds?, maxAgeSeconds?, quietHours? } → GroupCullingView
 *   servers.open      mutation { user, name, reason } → { url, until: Date }   (somebody else's server: scope + reason)
 *   users.get         query    { name } → UserRow
 *   users.list        query    { search, sort: "name"|"-name"|"lastActivity"|"-lastActivity"|"created"|"-created", page, pageSize } → Page<UserRow>
 *   users.create      mutation { name, admin, password? } → { user: UserRow, password: string | null }
 *   users.setDisabled mutation { name, disabled } → UserRow
 *   users.setAdmin    mutation { name, admin } → UserRow
 *   users.servers     query    { search, phase?: PhaseView, sort: "owner"|"-owner"|"since"|"-since"|"lastActivity"|"-lastActivity", page, pageSize } → Page<ServerView>
 *   tokens.list       query    { user? } → TokenRow[]
 *   tokens.create     mutation { note, expiresInSeconds: number|null, scopes: string[]|null } → { token: string, row: TokenRow }
 *   tokens.revoke     mutation { id } → null
 * `user` is a name, `name` the server's name ("" for the default one).
 */
