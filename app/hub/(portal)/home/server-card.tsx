"use client";

import { useState } from "react";
import { ButtonLink } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { PhaseBadge } from "#app/_components/phase-badge.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { ServerFacts } from "#app/_components/server-facts.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView } from "#server/api/views.ts";
import { DeleteServer } from "./delete-server.tsx";
import { PrimaryAction } from "./primary-action.tsx";
import { useServerActions } from "./server-actions.ts";
import { ServerMenu } from "./server-menu.tsx";
import { StopNotice } from "./stop-notice.tsx";

export function ServerCard({ server }: { readonly server: ServerView }) {
  const actions = useServerActions(server);
  const [asksDelete, setAsksDelete] = useState(false);
  const title = server.name === "" ? t("server.default") : server.name;
  return (
    <Card aria-label={title}>
      <div className="flex items-start gap-3">
        <div className="flex min-h-10 min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-2">
          <h2 className="text-lg font-semibold">{title}</h2>
          <PhaseBadge phase={server.phase} queuePosition={server.queuePosition} />
        </div>
        <div className="shrink-0">
          <ServerMenu
            server={server}
            actions={actions}
            label={t("server.more", { name: title })}
            onDelete={() => setAsksDelete(true)}
          />
        </div>
      </div>
      <ServerFacts server={server} />
      <StopNotice server={server} actions={actions} />
      {server.failure !== null && server.phase === "failed" && <FailureLine server={server} />}
      {actions.error !== null && (
        <div className="mt-4">
          <Problem error={actions.error} />
        </div>
      )}
      <PrimaryAction server={server} actions={actions} />
      <DeleteServer name={server.name} open={asksDelete} onOpenChange={setAsksDelete} onDelete={actions.remove} />
    </Card>
  );
}

function FailureLine({ server }: { readonly server: ServerView }) {
  const { failure } = server;
  if (failure === null) return null;
  return (
    <div className="mt-4 rounded-md bg-danger-soft px-4 py-3 text-sm text-danger">
      <p className="font-medium">{failure.title}</p>
      <p className="mt-1">{failure.whatHappened}</p>
      {failure.whatYouCanDo[0] !== undefined && <p className="mt-1">{failure.whatYouCanDo[0]}</p>}
      <ButtonLink size="small" className="mt-3" href={serverPagePath("spawn-pending", server.ownerName, server.name)}>
        {t("server.failure.more")}
      </ButtonLink>
    </div>
  );
}
