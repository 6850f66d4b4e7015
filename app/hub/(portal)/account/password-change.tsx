"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { isAtNone, problemAt } from "#app/_components/field-problem.ts";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

export function PasswordChange({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const change = useMutation(trpc.me.changePassword.mutationOptions());
  const [mismatch, setMismatch] = useState(false);
  const submit = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const text = (field: string) => String(data.get(field) ?? "");
    const differs = text("next") !== text("again");
    setMismatch(differs);
    if (differs) return change.reset();
    change.mutate({ current: text("current"), next: text("next") }, { onSuccess: () => form.reset() });
  };
  return (
    <Card aria-label={t("account.password")}>
      <h2 className="text-lg font-semibold">{t("account.password")}</h2>
      <form
        method="post"
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit(event.currentTarget);
        }}
      >
        <input type="hidden" name="username" autoComplete="username" value={name} readOnly />
        <TextField
          label={t("account.password.current")}
          name="current"
          type="password"
          autoComplete="current-password"
          required
          error={problemAt(change.error, "current")}
        />
        <TextField
          label={t("account.password.next")}
          name="next"
          type="password"
          autoComplete="new-password"
          required
          error={problemAt(change.error, "next")}
        />
        <TextField
          label={t("account.password.again")}
          name="again"
          type="password"
          autoComplete="new-password"
          required
          error={mismatch ? t("account.password.mismatch") : null}
        />
        {isAtNone(change.error, ["current", "next"]) && <Problem error={change.error} />}
        {change.isSuccess && (
          <Notice kind="ok" live>
            {t("account.password.done")}
          </Notice>
        )}
        <SubmitButton look="primary" disabled={change.isPending}>
          {t("account.password.submit")}
        </SubmitButton>
      </form>
    </Card>
  );
}
