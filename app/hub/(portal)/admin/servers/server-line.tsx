"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { MenuItem, MoreMenu } from "#app/_components/menu.tsx";
import { PhaseBadge } from "#app/_components/phase-badge.tsx";
import { problemText } from "#app/_components/problem.tsx";
import { Cell } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { limitsTexts } from "#app/_format/amount.ts";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { ServerView } from "#server/api/views.ts";
import { OpenServer } from "./open-server.tsx";

export function ServerLine({ server, me }: { readonly server: ServerView; readonly me: string }) {
  const [opening, setOpening] = useState(false);
  const { act, busy, error } = useLineActions(server);
  const title = server.name === "" ? t("server.default") : server.name;
  return (
    <tr>
      <Cell className="min-w-28 font-medium">
        {server.ownerName}
        <span className="block text-xs font-normal text-muted sm:hidden">{title}</span>
      </Cell>
      <Cell wide className="min-w-28">
        {title}
      </Cell>
      <Cell className="whitespace-nowrap">
        <PhaseBadge phase={server.phase} />
        <span className="ml-2 text-muted max-sm:hidden">
          <Ago date={server.phaseSince} />
        </span>
        {error !== null && (
          <p role="alert" className="mt-1 max-w-56 text-sm whitespace-normal text-danger">
            {problemText(error)}
          </p>
        )}
      </Cell>
      <Cell wide className="min-w-40">
        {server.profile?.displayName ?? "–"}
        {server.limits !== null && (
          <span className="block text-xs text-muted">{limitsTexts(server.limits).join(", ")}</span>
        )}
      </Cell>
      <Cell wide className="whitespace-nowrap">
        {server.lastActivityAt === null ? t("never") : <Ago date={server.lastActivityAt} />}
      </Cell>
      <Cell className="text-right">
        <div className="flex items-center justify-end gap-1">
          {isResting(server) ? (
            <Button
              size="small"
              className="max-sm:hidden"
              disabled={busy || !server.canStartAgain}
              aria-label={t("servers.start.label", { name: title, user: server.ownerName })}
              onClick={act.start}
            >
              {t("server.start")}
            </Button>
          ) : (
            <Button
              size="small"
              className="max-sm:hidden"
              disabled={busy || server.phase === "stopping"}
              aria-label={t("servers.stop.label", { name: title, user: server.ownerName })}
              onClick={act.stop}
            >
              {t("server.stop")}
            </Button>
          )}
          <LineMenu
            server={server}
            me={me}
            act={act}
            busy={busy}
            label={t("servers.more", { name: title, user: server.ownerName })}
            onOpen={() => setOpening(true)}
          />
        </div>
        <OpenServer server={server} open={opening} onOpenChange={setOpening} />
      </Cell>
    </tr>
  );
}

function isResting({ phase }: ServerView): boolean {
  return phase === "stopped" || phase === "failed";
}

function useLineActions(server: ServerView) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const onSettled = () => queryClient.invalidateQueries({ queryKey: trpc.users.servers.queryKey() });
  const start = useMutation(trpc.servers.startAgain.mutationOptions({ onSettled }));
  const stop = useMutation(trpc.servers.stop.mutationOptions({ onSettled }));
  const input = { user: server.ownerName, name: server.name };
  return {
    act: { start: () => start.mutate(input), stop: () => stop.mutate(input) },
    busy: start.isPending || stop.isPending,
    error: start.error ?? stop.error,
  };
}

type MenuProps = {
  readonly server: ServerView;
  readonly me: string;
  readonly act: { start(): void; stop(): void };
  readonly busy: boolean;
  readonly label: string;
  onOpen(): void;
};

function LineMenu({ server, me, act, busy, label, onOpen }: MenuProps) {
  const router = useRouter();
  const isOwn = server.ownerName === me;
  return (
    <MoreMenu label={label}>
      {isResting(server) ? (
        <MenuItem narrow disabled={busy || !server.canStartAgain} onSelect={act.start}>
          {t("server.start")}
        </MenuItem>
      ) : (
        <MenuItem narrow disabled={busy || server.phase === "stopping"} onSelect={act.stop}>
          {t("server.stop")}
        </MenuItem>
      )}
      <MenuItem disabled={server.phase !== "ready"} onSelect={isOwn ? () => location.assign(server.url) : onOpen}>
        {isOwn ? t("server.open") : t("servers.open")}
      </MenuItem>
      <MenuItem onSelect={() => router.push(serverPagePath("spawn-pending", server.ownerName, server.name))}>
        {t("servers.progress")}
      </MenuItem>
      <MenuItem onSelect={() => router.push(serverPagePath("spawn", server.ownerName, server.name))}>
        {t("server.chooseProfile")}
      </MenuItem>
    </MoreMenu>
  );
}
