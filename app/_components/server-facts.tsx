"use client";

import type { ReactNode } from "react";
import { bytesText, limitsTexts } from "#app/_format/amount.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView } from "#server/api/views.ts";
import { Ago, Since } from "./time.tsx";

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="text-sm font-medium">{children}</dd>
    </div>
  );
}

/** Which profile, how much of what, since when, with which home. */
export function ServerFacts({ server }: { readonly server: ServerView }) {
  const { profile, limits, readyAt, home, lastActivityAt } = server;
  if (profile === null && limits === null && home === null) {
    return <p className="mt-3 text-sm text-muted">{t("server.neverStarted")}</p>;
  }
  return (
    <>
      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3 lg:grid-cols-5">
        {profile !== null && <Fact label={t("fact.profile")}>{profile.displayName}</Fact>}
        {limits !== null && <Fact label={t("fact.limits")}>{limitsTexts(limits).join(", ")}</Fact>}
        {readyAt !== null && server.phase === "ready" && (
          <Fact label={t("fact.uptime")}>
            <Since date={readyAt} />
          </Fact>
        )}
        {lastActivityAt !== null && (
          <Fact label={t("fact.activity")}>
            <Ago date={lastActivityAt} />
          </Fact>
        )}
        {home !== null && (
          <Fact label={t("fact.home")}>
            {t("fact.home.value", { name: home.name, size: bytesText(home.capacityBytes) })}
          </Fact>
        )}
      </dl>
      {server.limitsNote !== null && <p className="mt-3 text-sm text-muted">{server.limitsNote}</p>}
    </>
  );
}
