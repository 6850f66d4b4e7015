"use client";

import { signInWith } from "#app/_auth/sign-in.ts";
import { Button } from "#app/_components/button.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { t } from "#app/_text/t.ts";
import { useSignIn } from "./use-sign-in.ts";

/** A button and not a redirect: link previews open links, and this one works once. */
export function AdminLink({ code, next }: { readonly code: string; readonly next: string }) {
  const { state, run } = useSignIn();
  return (
    <>
      <p className="text-muted">{t("adminLink.text")}</p>
      {state === "unreachable" && (
        <Notice kind="danger" live>
          {t("login.error.unavailable")}
        </Notice>
      )}
      <Button
        look="primary"
        className="w-full"
        disabled={state === "busy"}
        onClick={() => void run(() => signInWith("admin-link", { code }, next))}
      >
        {t("adminLink.submit")}
      </Button>
    </>
  );
}
