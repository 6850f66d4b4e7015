"use client";

import { ButtonLink } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView } from "#server/api/views.ts";

/** Cancelled, or stopped from elsewhere: nothing runs, and what to do about it. */
export function Settled({ server }: { readonly server: ServerView }) {
  return (
    <>
      <PageTitle>{t("pending.stopped")}</PageTitle>
      <p className="text-muted">{t("pending.stopped.text")}</p>
      <div className="flex flex-wrap gap-3">
        <ButtonLink look="primary" href={serverPagePath("spawn", server.ownerName, server.name)}>
          {t("server.start")}
        </ButtonLink>
        <ButtonLink href="/hub/home">{t("nav.home")}</ButtonLink>
      </div>
    </>
  );
}
