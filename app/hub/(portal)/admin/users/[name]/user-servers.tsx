"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { PhaseBadge } from "#app/_components/phase-badge.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

export function UserServers({ user }: { readonly user: string }) {
  const trpc = useTRPC();
  const servers = useQuery({ ...trpc.servers.list.queryOptions({ user }), refetchInterval: 15_000 });
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h2 className="text-lg font-semibold">{t("admin.user.servers")}</h2>
        <Link
          href={`/hub/admin/servers?search=${encodeURIComponent(user)}`}
          prefetch={false}
          className="text-sm underline underline-offset-4"
        >
          {t("admin.user.servers.all")}
        </Link>
      </div>
      {servers.error !== null && <Problem error={servers.error} retry={() => void servers.refetch()} />}
      {servers.data === undefined && servers.error === null && <Skeleton className="h-24" />}
      {servers.data !== undefined && (
        <Table
          label={t("admin.user.servers")}
          head={
            <>
              <HeadCell>{t("servers.name")}</HeadCell>
              <HeadCell>{t("servers.state")}</HeadCell>
              <HeadCell wide>{t("fact.profile")}</HeadCell>
              <HeadCell wide>{t("fact.activity")}</HeadCell>
            </>
          }
        >
          {servers.data.map(({ id, name, phase, profile, lastActivityAt }) => (
            <tr key={id}>
              <Cell className="font-medium">{name === "" ? t("admin.user.server.default") : name}</Cell>
              <Cell>
                <PhaseBadge phase={phase} />
              </Cell>
              <Cell wide>{profile?.displayName ?? "–"}</Cell>
              <Cell wide>{lastActivityAt === null ? t("never") : <Ago date={lastActivityAt} />}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}
