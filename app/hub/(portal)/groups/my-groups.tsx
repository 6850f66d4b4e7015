"use client";

import { useQuery } from "@tanstack/react-query";
import { ButtonLink } from "#app/_components/button.tsx";
import { Card, PageTitle } from "#app/_components/card.tsx";
import { Problem, problemText } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { MembershipView } from "#server/api/group-views.ts";
import type { QuotaBar } from "#server/api/quota-views.ts";
import { Bar } from "./[name]/quota-bars.tsx";
import { groupPath } from "./group-path.ts";

/** The groups one is in; those one manages come first. */
export function MyGroups() {
  const trpc = useTRPC();
  const groups = useQuery(trpc.groups.mine.queryOptions());
  const sorted = [...(groups.data ?? [])].sort((a, b) => Number(b.role === "manager") - Number(a.role === "manager"));
  return (
    <div className="space-y-6">
      <PageTitle>{t("groups.title")}</PageTitle>
      {groups.error !== null && <Problem error={groups.error} retry={() => void groups.refetch()} />}
      {groups.data === undefined && groups.error === null && <Skeleton className="h-32" />}
      {groups.data?.length === 0 && <p className="text-muted">{t("groups.none")}</p>}
      {sorted.length > 0 && (
        <ul className="grid gap-4 sm:grid-cols-2">
          {sorted.map((membership) => (
            <li key={membership.group}>
              <GroupCard membership={membership} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Of all that the group shares, what is nearest to its end. */
function Fullest({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const quota = useQuery(trpc.quotas.get.queryOptions({ group }));
  if (quota.data === undefined)
    return quota.error === null ? (
      <Skeleton className="mt-3 h-10" />
    ) : (
      <p className="mt-3 text-sm text-danger">{problemText(quota.error)}</p>
    );
  const fullest = fullestOf(quota.data.bars);
  return (
    <ul className="mt-3 min-h-10">
      {fullest === undefined ? <li className="text-sm text-muted">{t("quota.none")}</li> : <Bar bar={fullest} />}
    </ul>
  );
}

function fullestOf(bars: readonly QuotaBar[]): QuotaBar | undefined {
  const share = ({ used, hard }: QuotaBar) => (hard === null ? -1 : hard === 0 ? 1 : used / hard);
  return bars.filter(({ hard }) => hard !== null).sort((a, b) => share(b) - share(a))[0];
}

function GroupCard({ membership: { group, description, role } }: { readonly membership: MembershipView }) {
  const does = role === "manager" ? "manage" : "look";
  return (
    <Card className="flex h-full flex-col gap-3">
      <div className="flex-1">
        <h2 className="text-lg font-semibold">{group}</h2>
        <p className="text-sm text-muted">{t(`groups.role.${role}`)}</p>
        {description !== "" && <p className="mt-2 text-sm">{description}</p>}
        <Fullest group={group} />
      </div>
      <ButtonLink
        className="self-start"
        look={role === "manager" ? "primary" : "plain"}
        href={groupPath(group)}
        aria-label={t(`groups.${does}.label`, { group })}
      >
        {t(`groups.${does}`)}
      </ButtonLink>
    </Card>
  );
}
