"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Card } from "#app/_components/card.tsx";
import { DownloadButton } from "#app/_components/download-button.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { UsageChart } from "#app/_components/usage-chart.tsx";
import { type UsageChoice, UsageChoices } from "#app/_components/usage-choices.tsx";
import { UsageLines } from "#app/_components/usage-lines.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC, useTRPCClient } from "#app/_trpc/client.tsx";
import { Section } from "./section.tsx";

export function GroupUsage({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [choice, setChoice] = useState<UsageChoice>({ measure: "cpuHours", days: 30 });
  const usage = useQuery({
    ...trpc.usage.group.queryOptions({ group, days: choice.days }),
    placeholderData: keepPreviousData,
  });
  return (
    <Section
      title={t("groupUsage.title")}
      action={
        <DownloadButton file={() => client.usage.csv.query({ group, days: choice.days, by: "user" })}>
          {t("groupUsage.csv")}
        </DownloadButton>
      }
    >
      <UsageChoices choice={choice} onChange={setChoice} />
      {usage.error !== null && <Problem error={usage.error} retry={() => void usage.refetch()} />}
      {usage.data === undefined ? (
        usage.error === null && <Skeleton className="h-52" />
      ) : (
        <Card className="space-y-6">
          <UsageChart
            buckets={usage.data.buckets}
            bucketSeconds={usage.data.bucketSeconds}
            measure={choice.measure}
            label={t("groupUsage.title")}
          />
          <div className="grid gap-6 sm:grid-cols-2">
            <UsageLines title={t("groupUsage.byUser")} lines={usage.data.byUser} measure={choice.measure} />
            <UsageLines title={t("groupUsage.byProfile")} lines={usage.data.byProfile} measure={choice.measure} />
          </div>
        </Card>
      )}
    </Section>
  );
}
