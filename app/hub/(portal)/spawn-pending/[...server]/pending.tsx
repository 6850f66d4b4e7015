"use client";

import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ButtonLink } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { PageSkeleton } from "#app/_components/skeleton.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { ProgressView } from "#server/api/views.ts";
import { Failure } from "./failure.tsx";
import { Progress } from "./progress.tsx";
import { Settled } from "./settled.tsx";
import { useProgress } from "./use-progress.ts";

type Props = { readonly server: { readonly user: string; readonly name: string }; readonly next: string | null };

export function Pending({ server, next }: Props) {
  const trpc = useTRPC();
  const [attempt, setAttempt] = useState(0);
  const feed = useProgress(server, attempt);
  const cancel = useMutation(trpc.servers.stop.mutationOptions());
  const startAgain = useMutation(
    trpc.servers.startAgain.mutationOptions({ onSuccess: () => setAttempt((before) => before + 1) }),
  );
  const progress = "progress" in feed ? feed.progress : null;
  useGoWhenReady(progress, next);
  if (feed.kind === "refused")
    return <Refused sentence={feed.problem.message} needsLogin={feed.problem.code === "unauthenticated"} />;
  if (!("progress" in feed)) return <PageSkeleton />;
  const { phase } = feed.progress.server;
  const title = server.name === "" ? t("server.default") : server.name;
  return (
    <div className="mx-auto max-w-2xl space-y-6">
      {(cancel.error ?? startAgain.error) !== null && <Problem error={cancel.error ?? startAgain.error} />}
      {phase === "failed" ? (
        <Failure progress={feed.progress} busy={startAgain.isPending} onTryAgain={() => startAgain.mutate(server)} />
      ) : phase === "stopped" ? (
        <Settled server={feed.progress.server} />
      ) : (
        <>
          <PageTitle>
            {phase === "ready" ? t("pending.opening", { name: title }) : t("pending.heading", { name: title })}
          </PageTitle>
          <Progress
            feed={feed}
            fallbackUrl={next ?? feed.progress.server.url}
            cancelling={cancel.isPending}
            onCancel={() => cancel.mutate(server)}
          />
        </>
      )}
    </div>
  );
}

/** Only from a start that was watched here, or is ready at once: the page behind Back must not throw forward again. */
function useGoWhenReady(progress: ProgressView | null, next: string | null): void {
  const target = progress?.server.phase === "ready" ? (next ?? progress.server.url) : null;
  useEffect(() => {
    if (target !== null) location.replace(target);
  }, [target]);
}

function Refused({ sentence, needsLogin }: { readonly sentence: string; readonly needsLogin: boolean }) {
  useEffect(() => {
    if (needsLogin) location.assign(`/hub/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }, [needsLogin]);
  return (
    <div className="mx-auto max-w-2xl space-y-6">
      <PageTitle>{t("pending.title")}</PageTitle>
      <Notice kind="warn" live>
        {sentence}
      </Notice>
      <ButtonLink look="primary" href="/hub/home">
        {t("nav.home")}
      </ButtonLink>
    </div>
  );
}
