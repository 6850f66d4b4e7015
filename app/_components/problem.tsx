"use client";

import { t } from "#app/_text/t.ts";
import { problemOf } from "#app/_trpc/client.tsx";
import type { HubErrorCode } from "#server/errors.ts";
import { Button, ButtonLink } from "./button.tsx";
import { Notice } from "./notice.tsx";

export function problemText(error: unknown): string {
  const problem = problemOf(error);
  return problem === null || problem.message === "" ? t("problem.unreachable") : problem.message;
}

/** What went wrong, in the hub's own sentence, and a way on. `retry` where it stands in the place of what was to be shown. */
export function Problem({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const problem = problemOf(error);
  const requestId = problem?.requestId ?? null;
  return (
    <Notice kind="danger" live>
      <p>{problemText(error)}</p>
      {requestId !== null && <p className="mt-1 font-mono text-xs">{t("problem.request", { id: requestId })}</p>}
      <WayOn code={problem?.code} retry={retry} />
    </Notice>
  );
}

function WayOn({ code, retry }: { readonly code: HubErrorCode | undefined; readonly retry: (() => void) | undefined }) {
  if (code === "unauthenticated")
    return (
      <Button size="small" className="mt-3" onClick={logInAgain}>
        {t("login.again")}
      </Button>
    );
  if (retry === undefined) return null;
  // Asked again the answer would be the same.
  if (code === "forbidden" || code === "not-found")
    return (
      <ButtonLink size="small" className="mt-3" href="/hub/home">
        {t("nav.home")}
      </ButtonLink>
    );
  return (
    <Button size="small" className="mt-3" onClick={retry}>
      {t("problem.retry")}
    </Button>
  );
}

function logInAgain(): void {
  location.assign(`/hub/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}
