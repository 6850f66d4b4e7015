"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Card } from "#app/_components/card.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { UsageChart, type UsageMeasure } from "#app/_components/usage-chart.tsx";
import { hoursText } from "#app/_format/bars.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { MyUsageView } from "#server/api/answers.ts";

const measures: readonly UsageMeasure[] = ["cpuHours", "memoryGibHours", "gpuHours", "serverHours"];
const budgeted = ["cpuHours", "memoryGibHours", "gpuHours"] as const;

/** What one used, and what is left of what one's groups may. */
export function MyUsage() {
  const trpc = useTRPC();
  const [measure, setMeasure] = useState<UsageMeasure>("cpuHours");
  const usage = useQuery(trpc.usage.mine.queryOptions({ days: 30 }));
  return (
    <section className="space-y-3" aria-labelledby="usage">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="usage" className="text-lg font-semibold">
            {t("me.usage")}
          </h2>
          <p className="text-sm text-muted">{t("me.usage.text")}</p>
        </div>
        <label className="flex items-center gap-2 text-sm">
          {t("usage.measure")}
          <select
            className="min-h-9 rounded-md border border-line-strong bg-surface px-2"
            value={measure}
            onChange={(event) => setMeasure(measures.find((one) => one === event.target.value) ?? "cpuHours")}
          >
            {measures.map((one) => (
              <option key={one} value={one}>
                {t(`usage.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {usage.error !== null && <Problem error={usage.error} retry={() => void usage.refetch()} />}
      {usage.data === undefined ? (
        usage.error === null && <Skeleton className="h-52" />
      ) : (
        <>
          <UsageChart
            buckets={usage.data.buckets}
            bucketSeconds={usage.data.bucketSeconds}
            measure={measure}
            label={t("me.usage")}
          />
          <Budgets groups={usage.data.groups} />
        </>
      )}
    </section>
  );
}

function Budgets({ groups }: { readonly groups: MyUsageView["groups"] }) {
  const lines = groups.flatMap(({ group, budget, remaining }) =>
    budgeted.flatMap((resource) => {
      const rest = remaining[resource];
      if (budget === null || rest === undefined) return [];
      const values = { group, rest: hoursText(rest), unit: t(`usage.${resource}`), days: budget.windowDays };
      return [{ key: `${group} ${resource}`, text: t("me.budget", values) }];
    }),
  );
  return (
    <Card className="space-y-1 text-sm">
      <h3 className="font-medium">{t("me.budgets")}</h3>
      {lines.length === 0 ? (
        <p className="text-muted">{t("me.budget.none")}</p>
      ) : (
        lines.map(({ key, text }) => <p key={key}>{text}</p>)
      )}
    </Card>
  );
}
