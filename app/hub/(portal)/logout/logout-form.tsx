"use client";

import { signOut } from "#app/_auth/sign-in.ts";
import { Button, ButtonLink } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { useSignIn } from "../../login/use-sign-in.ts";

export function LogoutForm() {
  const { state, run } = useSignIn();
  return (
    <div className="max-w-lg space-y-5">
      <PageTitle>{t("logout.heading")}</PageTitle>
      <p className="text-muted">{t("logout.text")}</p>
      {state === "unreachable" && (
        <Notice kind="danger" live>
          {t("login.error.unavailable")}
        </Notice>
      )}
      <div className="flex flex-wrap gap-3">
        <Button look="primary" disabled={state === "busy"} onClick={() => void run(signOut)}>
          {t("nav.logout")}
        </Button>
        <ButtonLink href="/hub/home">{t("cancel")}</ButtonLink>
      </div>
    </div>
  );
}
