"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import { PageTitle } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { HealthCheck } from "#server/spawner/spawner.ts";

/** What needs attention comes first, each with what to do. */
export function Health({ version }: { readonly version: string }) {
  const trpc = useTRPC();
  const checks = useQuery({ ...trpc.hub.checks.queryOptions(), refetchInterval: 30_000 });
  const sorted = [...(checks.data ?? [])].sort((a, b) => Number(a.ok) - Number(b.ok));
  const bad = sorted.filter(({ ok }) => !ok).length;
  return (
    <div className="space-y-5">
      <div>
        <PageTitle>{t("health.title")}</PageTitle>
        <p className="mt-1 text-sm text-muted">{t("admin.health.version", { version })}</p>
      </div>
      {checks.error !== null && <Problem error={checks.error} retry={() => void checks.refetch()} />}
      {checks.data === undefined && checks.error === null && <Skeleton className="h-96" />}
      {checks.data !== undefined && (
        <>
          <Notice kind={bad === 0 ? "ok" : "warn"} live>
            {bad === 0 ? t("health.good") : t("health.bad", { count: bad })}
          </Notice>
          <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
            {sorted.map((check) => (
              <Check key={check.name} check={check} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Check({ check: { name, ok, message, fix } }: { readonly check: HealthCheck }) {
  const Icon = ok ? CircleCheck : CircleAlert;
  return (
    <li className="flex gap-3 px-4 py-3 text-sm">
      <Icon aria-hidden className={ok ? "mt-0.5 size-4 shrink-0 text-ok" : "mt-0.5 size-4 shrink-0 text-danger"} />
      <div className="min-w-0">
        <p className="font-medium">
          {name} <span className="sr-only">{t(ok ? "health.ok" : "health.notOk")}</span>
        </p>
        <p className="break-words text-muted">{message}</p>
        {!ok && fix !== null && <p className="mt-1 break-words">{t("health.fix", { fix })}</p>}
      </div>
    </li>
  );
}
