"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPCClient } from "#app/_trpc/client.tsx";
import type { GroupView } from "#server/api/group-views.ts";
import { amountText } from "#server/quotas/amount-text.ts";
import { asWritten, quotaFields, writtenOf } from "./amount-fields.ts";
import { ConfirmImpact } from "./confirm-impact.tsx";
import { useRefreshed } from "./use-refreshed.ts";

type Values = Readonly<Record<(typeof quotaFields)[number][0], string | null>>;
type Props = { readonly group: GroupView; readonly kind: "quota" | "ceiling"; onDone(): void };

/** The quota by the group's managers within the ceiling, the ceiling by an admin. Who would be affected is asked first. */
export function QuotaForm({ group, kind, onDone }: Props) {
  const { save, asking, setAsking, error, busy } = useSave(group.name, kind, onDone);
  const now = group[kind];
  return (
    <Card aria-label={t(kind === "quota" ? "quota.edit" : "quota.ceiling.edit")}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          save(valuesOf(new FormData(event.currentTarget)), false);
        }}
      >
        <p className="text-sm text-muted">
          {kind === "ceiling" && `${t("quota.ceiling.text")} `}
          {t("quota.edit.text")}
        </p>
        <div className="grid gap-4 sm:grid-cols-2">
          {quotaFields.map(([field, resource, write]) => {
            const most = kind === "quota" ? group.ceiling[resource] : undefined;
            return (
              <TextField
                key={field}
                name={field}
                label={t(`quota.field.${field}`)}
                defaultValue={asWritten(now[resource], write)}
                hint={most === undefined ? undefined : t("quota.ceiling", { amount: amountText(resource, most) })}
                maxLength={40}
                autoComplete="off"
                spellCheck={false}
              />
            );
          })}
        </div>
        {error !== null && <Problem error={error} />}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" look="primary" disabled={busy}>
            {t("group.save")}
          </Button>
          <Button onClick={onDone}>{t("cancel")}</Button>
        </div>
      </form>
      <ConfirmImpact
        title={t("quota.confirm.title")}
        message={asking?.message ?? null}
        onCancel={() => setAsking(null)}
        onConfirm={() => asking !== null && save(asking.values, true)}
      />
    </Card>
  );
}

function valuesOf(form: FormData): Values {
  return Object.fromEntries(quotaFields.map(([field]) => [field, writtenOf(form, field)])) as Values;
}

type Asking = { readonly message: string; readonly values: Values };

function useSave(group: string, kind: Props["kind"], onDone: () => void) {
  const client = useTRPCClient();
  const refresh = useRefreshed(group);
  const [asking, setAsking] = useState<Asking | null>(null);
  const saving = useMutation({
    mutationFn: async ({ values, confirm }: { readonly values: Values; readonly confirm: boolean }) => {
      const preview =
        kind === "quota"
          ? await client.quotas.previewQuota.query({ group, quota: values })
          : await client.quotas.previewCeiling.query({ group, ceiling: values });
      if (preview.overused.length > 0 && !confirm) return { message: preview.message, values };
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
