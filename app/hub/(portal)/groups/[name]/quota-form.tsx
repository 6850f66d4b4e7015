"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { TextField } from "#app/_components/field.tsx";
import { isAtNone, problemAt } from "#app/_components/field-problem.ts";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPCClient } from "#app/_trpc/client.tsx";
import type { GroupView } from "#server/api/group-views.ts";
import { amountText } from "#server/quotas/amount-text.ts";
import { asWritten, quotaFields, writtenOf } from "./amount-fields.ts";
import { useRefreshed } from "./use-refreshed.ts";

type Values = Readonly<Record<(typeof quotaFields)[number][0], string | null>>;
type FormProps = { readonly group: GroupView; readonly kind: "quota" | "ceiling"; onDone(): void };

/** The quota by the group's managers within the ceiling, the ceiling by an admin. Who would be affected is asked first. */
export function QuotaDialog({ open, ...form }: FormProps & { readonly open: boolean }) {
  const isCeiling = form.kind === "ceiling";
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && form.onDone()}
      title={t(isCeiling ? "quota.ceiling.edit" : "quota.edit")}
      description={isCeiling ? `${t("quota.ceiling.text")} ${t("quota.edit.text")}` : t("quota.edit.text")}
    >
      <QuotaForm {...form} />
    </Dialog>
  );
}

function QuotaForm({ group, kind, onDone }: FormProps) {
  const { save, asking, setAsking, error, busy } = useSave(group.name, kind, onDone);
  return (
    <form
      className="space-y-5"
      onChange={() => setAsking(null)}
      onSubmit={(event) => {
        event.preventDefault();
        save(valuesOf(new FormData(event.currentTarget)), asking !== null);
      }}
    >
      <div className="grid items-start gap-4 sm:grid-cols-2">
        {quotaFields.map(([field, resource, write]) => {
          const most = kind === "quota" ? group.ceiling[resource] : undefined;
          return (
            <TextField
              key={field}
              name={field}
              label={t(`quota.field.${field}`)}
              defaultValue={asWritten(group[kind][resource], write)}
              hint={most === undefined ? undefined : t("quota.ceiling", { amount: amountText(resource, most) })}
              error={problemAt(error, `${kind}.${field}`)}
              maxLength={40}
              autoComplete="off"
              spellCheck={false}
            />
          );
        })}
      </div>
      {isAtNone(
        error,
        quotaFields.map(([field]) => `${kind}.${field}`),
      ) && <Problem error={error} />}
      {asking !== null && (
        <Notice kind="warn" live>
          {asking.message}
        </Notice>
      )}
      <DialogButtons>
        <Button onClick={onDone}>{t("cancel")}</Button>
        <SubmitButton look={asking === null ? "primary" : "danger"} disabled={busy}>
          {t(asking === null ? "group.save" : "group.confirm")}
        </SubmitButton>
      </DialogButtons>
    </form>
  );
}

function valuesOf(form: FormData): Values {
  return Object.fromEntries(quotaFields.map(([field]) => [field, writtenOf(form, field)])) as Values;
}

type Asking = { readonly message: string };

function useSave(group: string, kind: FormProps["kind"], onDone: () => void) {
  const client = useTRPCClient();
  const refresh = useRefreshed(group);
  const [asking, setAsking] = useState<Asking | null>(null);
  const saving = useMutation({
    mutationFn: async ({ values, confirm }: { readonly values: Values; readonly confirm: boolean }) => {
      const preview =
        kind === "quota"
          ? await client.quotas.previewQuota.query({ group, quota: values })
          : await client.quotas.previewCeiling.query({ group, ceiling: values });
      if (preview.overused.length > 0 && !confirm) return { message: preview.message };
      if (kind === "quota") await client.quotas.setQuota.mutate({ group, quota: values, confirm });
      else await client.quotas.setCeiling.mutate({ group, ceiling: values, confirm });
      return null;
    },
    onSuccess: async (question) => {
      setAsking(question);
      if (question !== null) return;
      await refresh();
      onDone();
    },
    onError: () => setAsking(null),
  });
  const save = (values: Values, confirm: boolean) => saving.mutate({ values, confirm });
  return { save, asking, setAsking, error: saving.error, busy: saving.isPending };
}
