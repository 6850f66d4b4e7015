"use client";

import { useQuery } from "@tanstack/react-query";
import { PageTitle } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { PageSkeleton } from "#app/_components/skeleton.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { GroupView } from "#server/api/group-views.ts";
import { AboutGroup } from "./about-group.tsx";
import { AskForMore } from "./ask-for-more.tsx";
import { BudgetForm } from "./budget-form.tsx";
import { CullingForm } from "./culling-form.tsx";
import { DeleteGroup } from "./delete-group.tsx";
import { GroupUsage } from "./group-usage.tsx";
import { MemberLimitsForm } from "./member-limits-form.tsx";
import { Members } from "./members.tsx";
import { OpenedProfiles } from "./opened-profiles.tsx";
import { QuotaSection } from "./quota-section.tsx";
import { Requests } from "./requests.tsx";
import { SharedVolumeForm } from "./shared-volume.tsx";

/** What its managers run it with; members see what there is to share and can ask for more. */
export function GroupPage({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const group = useQuery(trpc.groups.get.queryOptions({ group: name }));
  if (group.data === undefined)
    return group.error === null ? (
      <PageSkeleton />
    ) : (
      <div className="space-y-6">
        <PageTitle>{name}</PageTitle>
        <Problem error={group.error} retry={() => void group.refetch()} />
      </div>
    );
  const { may } = group.data;
  return (
    <div className="space-y-10">
      <Heading group={group.data} />
      {may.changeMembers && <Requests group={name} />}
      <QuotaSection group={group.data} />
      {!may.changeMembers && <AskForMore group={name} />}
      {may.seeMembers && <Members group={group.data} />}
      <OpenedProfiles group={name} />
      {may.changeMembers && (
        <>
          <GroupUsage group={name} />
          <BudgetForm group={name} budget={group.data.budget} />
          <MemberLimitsForm group={name} limits={group.data.memberLimits} />
          <CullingForm group={name} />
          {may.shareVolume && <SharedVolumeForm group={group.data} />}
          <AboutGroup group={group.data} />
        </>
      )}
      {may.administer && <DeleteGroup group={name} />}
    </div>
  );
}

function Heading({ group: { name, description, managers, managed } }: { readonly group: GroupView }) {
  return (
    <div className="space-y-3">
      <div>
        <PageTitle>{name}</PageTitle>
        {description !== "" && <p className="mt-1">{description}</p>}
        <p className="mt-1 text-sm text-muted">
          {managers.length === 0 ? t("group.managers.none") : t("group.managers", { names: managers.join(", ") })}
        </p>
      </div>
      {managed && <Notice kind="info">{t("group.managed")}</Notice>}
    </div>
  );
}
