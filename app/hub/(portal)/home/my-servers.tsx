"use client";

import { useQuery } from "@tanstack/react-query";
import { PageTitle } from "#app/_components/card.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { PageSkeleton } from "#app/_components/skeleton.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { MeView, ServerView } from "#server/api/views.ts";
import { AddServer } from "./add-server.tsx";
import { ServerCard } from "./server-card.tsx";

const calmMs = 30_000;
const movingMs = 2_000;

/** Looks again soon while something is on its way, and now and then otherwise. */
function refetchInterval(servers: readonly ServerView[] | undefined): number {
  const moving = servers?.some(({ phase }) => phase !== "stopped" && phase !== "ready" && phase !== "failed") === true;
  return moving ? movingMs : calmMs;
}

export function MyServers({ me }: { readonly me: MeView }) {
  const trpc = useTRPC();
  const servers = useQuery({
    ...trpc.servers.list.queryOptions({ user: me.name }),
    refetchInterval: ({ state }) => refetchInterval(state.data),
  });
  if (servers.data === undefined) {
    return servers.error === null ? (
      <PageSkeleton />
    ) : (
      <Problem error={servers.error} retry={() => void servers.refetch()} />
    );
  }
  const named = servers.data.filter(({ name }) => name !== "").length;
  return (
    <div className="space-y-6">
      <PageTitle>{t("home.title")}</PageTitle>
      <ul className="space-y-4">
        {servers.data.map((server) => (
          <li key={server.name}>
            <ServerCard server={server} />
          </li>
        ))}
      </ul>
      {me.hub.namedServers && (
        <AddServer user={me.name} taken={servers.data} used={named} limit={me.hub.namedServerLimit} />
      )}
    </div>
  );
}
