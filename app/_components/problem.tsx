"use client";

import { t } from "#app/_text/t.ts";
import { problemOf } from "#app/_trpc/client.tsx";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";

export function problemText(error: unknown): string {
  const problem = problemOf(error);
  return problem === null || problem.message === "" ? t("problem.unreachable") : problem.message;
}

/** What went wrong, in the hub's own sentence, and a way to try again. */
export function Problem({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const problem = problemOf(error);
  const requestId = problem?.requestId ?? null;
  return (
    <Notice kind="danger" live>
      <p>{problemText(error)}</p>
      {requestId !== null && <p className="mt-1 font-mono text-xs">{t("problem.request", { id: requestId })}</p>}
      {problem?.code === "unauthenticated" && (
        <Button size="small" className="mt-3" onClick={logInAgain}>
          {t("login.again")}
        </Button>
      )}
      {retry !== undefined && problem?.code !== "unauthenticated" && (
        <Button size="small" className="mt-3" onClick={retry}>
          {t("problem.retry")}
        </Button>
      )}
    </Notice>
  );
}

function logInAgain(): void {
  location.assign(`/hub/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}
