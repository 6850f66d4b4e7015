"use client";

import { signInAt } from "#app/_auth/sign-in.ts";
import { Button } from "#app/_components/button.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { useSignIn } from "./use-sign-in.ts";

type Provider = { readonly id: string; readonly displayName: string };

export function ProviderButtons({
  providers,
  next,
}: {
  readonly providers: readonly Provider[];
  readonly next: string;
}) {
  const { state, run } = useSignIn();
  return (
    <div className="space-y-3">
      {state === "unreachable" && (
        <Notice kind="danger" live>
          {t("login.error.unavailable")}
        </Notice>
      )}
      {providers.map(({ id, displayName }) => (
        <Button
          key={id}
          className="w-full"
          disabled={state === "busy"}
          onClick={() => void run(() => signInAt(id, next))}
        >
          <span className="truncate">{t("login.provider", { name: displayName })}</span>
        </Button>
      ))}
    </div>
  );
}
