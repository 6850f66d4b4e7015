"use client";

import { Button, ButtonAnchor, ButtonLink } from "#app/_components/button.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView } from "#server/api/views.ts";
import type { ServerActions } from "./server-actions.ts";

/** One thing to do next, and beside it how to stop. */
export function PrimaryAction({ server, actions }: { readonly server: ServerView; readonly actions: ServerActions }) {
  return (
    <div className="mt-5 flex flex-wrap gap-3">
      <Primary server={server} actions={actions} />
      {server.phase === "ready" && (
        <Button disabled={actions.isBusy} onClick={actions.stop}>
          {t("server.stop")}
        </Button>
      )}
    </div>
  );
}

function Primary({ server, actions }: { readonly server: ServerView; readonly actions: ServerActions }) {
  switch (server.phase) {
    case "ready":
      return (
        <ButtonAnchor look="primary" href={server.url}>
          {t("server.open")}
        </ButtonAnchor>
      );
    case "queued":
    case "spawning":
    case "starting":
      return (
        <ButtonLink look="primary" href={serverPagePath("spawn-pending", server.ownerName, server.name)}>
          {t("server.watch")}
        </ButtonLink>
      );
    case "stopping":
      return (
        <Button look="primary" disabled>
          {t("phase.stopping")}
        </Button>
      );
    case "stopped":
    case "failed":
      return server.canStartAgain ? (
        <Button look="primary" disabled={actions.isBusy} onClick={actions.startAgain}>
          {t("server.startAgain")}
        </Button>
      ) : (
        <ButtonLink look="primary" href={serverPagePath("spawn", server.ownerName, server.name)}>
          {t("server.start")}
        </ButtonLink>
      );
    default:
      return server.phase satisfies never;
  }
}
