"use client";

import { t } from "../_text/t.ts";

const requestId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What an admin finds the failure by in the log: the request's id, or Next's own mark of an error that nobody foresaw. */
export function ErrorId({ digest }: { readonly digest: string | undefined }) {
  if (digest === undefined) return null;
  return (
    <p className="font-mono text-xs text-muted">
      {t(requestId.test(digest) ? "problem.request" : "problem.reference", { id: digest })}
    </p>
  );
}
