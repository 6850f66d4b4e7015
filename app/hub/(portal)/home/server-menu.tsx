"use client";

import { useRouter } from "next/navigation";
import { MenuItem, MoreMenu } from "#app/_components/menu.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView } from "#server/api/views.ts";
import type { ServerActions } from "./server-actions.ts";

type Props = {
  readonly server: ServerView;
  readonly actions: ServerActions;
  readonly label: string;
  onDelete(): void;
};

export function ServerMenu({ server, actions, label, onDelete }: Props) {
  const router = useRouter();
  const { phase } = server;
  const isResting = phase === "stopped" || phase === "failed";
  const isStarting = phase === "queued" || phase === "spawning" || phase === "starting";
  return (
    <MoreMenu label={label}>
      {phase === "ready" && <MenuItem onSelect={actions.restart}>{t("server.restart")}</MenuItem>}
      {isStarting && <MenuItem onSelect={actions.stop}>{t("server.cancel")}</MenuItem>}
      <MenuItem
        disabled={!isResting}
        onSelect={() => router.push(serverPagePath("spawn", server.ownerName, server.name))}
      >
        {isResting ? t("server.chooseProfile") : t("server.chooseProfile.stopFirst")}
      </MenuItem>
      {server.name !== "" && (
        <MenuItem danger disabled={!isResting} onSelect={onDelete}>
          {isResting ? t("server.delete") : t("server.delete.stopFirst")}
        </MenuItem>
      )}
    </MoreMenu>
  );
}
