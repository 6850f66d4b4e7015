"use client";

import { useEffect, useRef } from "react";
import { signInAt } from "#app/_auth/sign-in.ts";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { useSignIn } from "./use-sign-in.ts";

export function AutoLogin({ provider, next }: { readonly provider: string; readonly next: string }) {
  const { state, run } = useSignIn();
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    void run(() => signInAt(provider, next));
  });
  if (state === "unreachable") {
    return (
      <Notice kind="danger" live>
        {t("login.error.unavailable")}
      </Notice>
    );
  }
  return (
    <p role="status" className="text-muted">
      {t("login.auto")}
    </p>
  );
}
