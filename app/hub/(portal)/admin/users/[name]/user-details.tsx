"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { PageTitle } from "#app/_components/card.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { UsageChart } from "#app/_components/usage-chart.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { UserFacts } from "./user-facts.tsx";
import { UserLogins } from "./user-logins.tsx";
import { UserOpened } from "./user-opened.tsx";
import { UserServers } from "./user-servers.tsx";
import { UserTokens } from "./user-tokens.tsx";

/** What an admin looks up, ends and decides for one person. */
export function UserDetails({ name, isMe }: { readonly name: string; readonly isMe: boolean }) {
  const trpc = useTRPC();
  const user = useQuery(trpc.users.get.queryOptions({ name }));
  return (
    <div className="space-y-8">
      <div>
        <PageTitle className="break-words">{name}</PageTitle>
        <p className="mt-1 text-sm">
          <Link href="/hub/admin/users" prefetch={false} className="underline underline-offset-4">
            {t("user.back")}
          </Link>
        </p>
      </div>
      {user.error !== null && <Problem error={user.error} retry={() => void user.refetch()} />}
      {user.data === undefined ? (
        user.error === null && <Skeleton className="h-96" />
      ) : (
        <>
          <UserFacts user={user.data} isMe={isMe} />
          <UserServers user={user.data.name} />
          <UserLogins user={user.data.name} />
          <UserTokens user={user.data.name} />
          <UserOpened user={user.data.name} />
          <UserUsage user={user.data.name} />
        </>
      )}
    </div>
  );
}

function UserUsage({ user }: { readonly user: string }) {
  const trpc = useTRPC();
  const usage = useQuery(trpc.usage.mine.queryOptions({ user, days: 30 }));
  return (
    <section aria-labelledby="usage" className="space-y-3">
      <h2 id="usage" className="text-lg font-semibold">
        {t("user.usage")}
      </h2>
      {usage.error !== null && <Problem error={usage.error} retry={() => void usage.refetch()} />}
      {usage.data === undefined ? (
        usage.error === null && <Skeleton className="h-52" />
      ) : (
        <UsageChart
          buckets={usage.data.buckets}
          bucketSeconds={usage.data.bucketSeconds}
          measure="cpuHours"
          label={t("user.usage")}
        />
      )}
    </section>
  );
}
