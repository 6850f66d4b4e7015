"use client";

import { useId } from "react";
import { Button, ButtonLink } from "#app/_components/button.tsx";
import { Card, PageTitle } from "#app/_components/card.tsx";
import { CopyButton } from "#app/_components/copy-button.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import type { FailureView, ProgressView } from "#server/api/views.ts";
import { EventList } from "./event-list.tsx";

type Props = { readonly progress: ProgressView; readonly busy: boolean; onTryAgain(): void };

/** A failed start: what happened, what to do, and what to send to whom. */
export function Failure({ progress, busy, onTryAgain }: Props) {
  const { server } = progress;
  const { failure } = server;
  return (
    <>
      <div role="alert">
        <PageTitle>{failure?.title ?? t("failure.title")}</PageTitle>
        <p className="mt-2">{failure?.whatHappened ?? progress.message}</p>
      </div>
      {failure !== null && failure.whatYouCanDo.length > 0 && (
        <Card>
          <h2 className="font-semibold">{t("failure.whatYouCanDo")}</h2>
          <ul className="mt-2 list-disc space-y-1 pl-5 text-sm">
            {failure.whatYouCanDo.map((advice) => (
              <li key={advice}>{advice}</li>
            ))}
          </ul>
        </Card>
      )}
      <div className="flex flex-wrap gap-3">
        {server.canStartAgain && (
          <Button look="primary" disabled={busy} onClick={onTryAgain}>
            {t("failure.tryAgain")}
          </Button>
        )}
        <ButtonLink
          look={server.canStartAgain ? "plain" : "primary"}
          href={serverPagePath("spawn", server.ownerName, server.name)}
        >
          {t("server.chooseProfile")}
        </ButtonLink>
        <ButtonLink href="/hub/home">{t("nav.home")}</ButtonLink>
      </div>
      {failure !== null && <ForTheAdmin failure={failure} />}
      <EventList events={progress.events} />
    </>
  );
}

function ForTheAdmin({ failure }: { readonly failure: FailureView }) {
  const id = useId();
  return (
    <>
      {failure.logTail.length > 0 && (
        <Card>
          <h2 className="font-semibold">{t("failure.log")}</h2>
          <Output label={t("failure.log")} text={failure.logTail.join("\n")} />
        </Card>
      )}
      <Card>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h2 className="font-semibold">{t("failure.forAdmin")}</h2>
          <CopyButton text={failure.copyBlock} sourceId={id} />
        </div>
        <Output id={id} label={t("failure.forAdmin")} text={failure.copyBlock} />
      </Card>
    </>
  );
}

function Output({ id, label, text }: { readonly id?: string; readonly label: string; readonly text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1, a region that scrolls
    <section tabIndex={0} aria-label={label} className="mt-3 max-h-72 overflow-auto rounded-md bg-sunken p-4">
      <pre id={id} className="font-mono text-xs whitespace-pre-wrap">
        {text}
      </pre>
    </section>
  );
}
