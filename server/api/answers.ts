import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "./root.ts";

/** What procedures answer, for the pages: taken from the router, so that it can't be otherwise. */
type Answers = inferRouterOutputs<AppRouter>;

export type Announcement = Answers["announcements"]["list"][number];
export type AuditRow = Answers["audit"]["list"]["items"][number];
export type HomeLine = Answers["homes"]["list"]["items"][number];
export type MyUsageView = Answers["usage"]["mine"];

export type { Amounts, Budget, ComputeHours, MemberLimits, QuietHours, QuotaResource } from "#db/schema/settings.ts";
export type { ScopeName } from "#server/auth/scopes.ts";
