"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Card, PageTitle } from "#app/_components/card.tsx";
import { DownloadButton } from "#app/_components/download-button.tsx";
import { SelectField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Pager, Table } from "#app/_components/table.tsx";
import { UsageChart } from "#app/_components/usage-chart.tsx";
import { type UsageChoice, UsageChoices } from "#app/_components/usage-choices.tsx";
import { hoursText } from "#app/_format/bars.ts";
import { localText } from "#app/_format/local-time.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC, useTRPCClient } from "#app/_trpc/client.tsx";

const pageSize = 25;
const kinds = ["group", "user", "profile"] as const;
const measures = ["serverHours", "cpuHours", "memoryGibHours", "gpuHours"] as const;

export function UsageOverview() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [choice, setChoice] = useState<UsageChoice>({ measure: "cpuHours", days: 30 });
  const [by, setBy] = useState<(typeof kinds)[number]>("group");
  const [page, setPage] = useState(1);
  const usage = useQuery({
    ...trpc.usage.overview.queryOptions({ days: choice.days, by, page, pageSize }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <PageTitle>{t("adminUsage.title")}</PageTitle>
          {usage.data !== undefined && (
            <p suppressHydrationWarning className="mt-1 text-sm text-muted">
              {t("admin.usage.asOf", { time: localText(usage.data.to) })}
            </p>
          )}
        </div>
        <DownloadButton file={() => client.usage.csv.query({ days: choice.days, by })}>
          {t("adminUsage.csv")}
        </DownloadButton>
      </div>
      <UsageChoices
        choice={choice}
        onChange={(to) => {
          setChoice(to);
          setPage(1);
        }}
      />
      {usage.error !== null && <Problem error={usage.error} retry={() => void usage.refetch()} />}
      {usage.data === undefined ? (
        usage.error === null && <Skeleton className="h-96" />
      ) : (
        <>
          <Card>
            <UsageChart
              buckets={usage.data.buckets}
              bucketSeconds={usage.data.bucketSeconds}
              measure={choice.measure}
              label={t("adminUsage.title")}
            />
          </Card>
          <div className="max-w-40">
            <SelectField
              label={t("adminUsage.by")}
              value={by}
              onChange={(event) => {
                setBy(kinds.find((kind) => kind === event.target.value) ?? by);
                setPage(1);
              }}
            >
              {kinds.map((kind) => (
                <option key={kind} value={kind}>
                  {t(`adminUsage.by.${kind}`)}
                </option>
              ))}
            </SelectField>
          </div>
          {usage.data.items.length > 0 && (
            <>
              <Table label={t("adminUsage.title")} head={<Head />}>
                {usage.data.items.map((line) => (
                  <tr key={line.name}>
                    <Cell className="font-medium">{line.name}</Cell>
                    {measures.map((measure) => (
                      <Cell key={measure} wide={measure === "gpuHours" || measure === "memoryGibHours"}>
                        {hoursText(line[measure])}
                      </Cell>
                    ))}
                  </tr>
                ))}
              </Table>
              <Pager page={page} pageSize={pageSize} total={usage.data.itemCount} onPage={setPage} />
            </>
          )}
        </>
      )}
    </div>
  );
}

function Head() {
  return (
    <>
      <HeadCell>{t("adminUsage.name")}</HeadCell>
      {measures.map((measure) => (
        <HeadCell key={measure} wide={measure === "gpuHours" || measure === "memoryGibHours"}>
          {t(`usage.${measure}`)}
        </HeadCell>
      ))}
    </>
  );
}
