"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPCClient } from "#app/_trpc/client.tsx";
import type { MemberLimits } from "#server/api/answers.ts";
import { asWritten, limitFields, writtenOf } from "./amount-fields.ts";
import { ConfirmImpact } from "./confirm-impact.tsx";
import { isAtNone, problemAt } from "./field-problem.ts";
import { Section } from "./section.tsx";
import { useRefreshed } from "./use-refreshed.ts";

type Values = Readonly<Record<(typeof limitFields)[number][0], string | null>>;

export function MemberLimitsForm({ group, limits }: { readonly group: string; readonly limits: MemberLimits }) {
  const client = useTRPCClient();
  const refresh = useRefreshed(group);
  const [asking, setAsking] = useState<{ readonly message: string; readonly values: Values } | null>(null);
  const saving = useMutation({
    mutationFn: async ({ values, confirm }: { readonly values: Values; readonly confirm: boolean }) => {
      const preview = await client.quotas.previewMemberLimits.query({ group, limits: values });
      if (preview.overused.length > 0 && !confirm) return { message: preview.message, values };
      await client.quotas.setMemberLimits.mutate({ group, limits: values, confirm });
      return null;
    },
    onSuccess: async (question) => {
      setAsking(question);
      if (question === null) await refresh();
    },
    onError: () => setAsking(null),
  });
  return (
    <Section title={t("limits.title")} text={t("limits.text")}>
      <Card>
        <form
          className="space-y-5"
          onChange={() => saving.isSuccess && saving.reset()}
          onSubmit={(event) => {
            event.preventDefault();
            saving.mutate({ values: valuesOf(new FormData(event.currentTarget)), confirm: false });
          }}
        >
          <div key={JSON.stringify(limits)} className="grid items-start gap-4 sm:grid-cols-2">
            {limitFields.map(([field, key, write]) => (
              <TextField
                key={field}
                name={field}
                error={problemAt(saving.error, `limits.${field}`)}
                label={t(`limits.${field}`)}
                defaultValue={asWritten(limits[key], write)}
                maxLength={40}
                autoComplete="off"
                spellCheck={false}
              />
            ))}
          </div>
          {isAtNone(
            saving.error,
            limitFields.map(([field]) => `limits.${field}`),
          ) && <Problem error={saving.error} />}
          {saving.data === null && (
            <Notice kind="ok" live>
              {t("group.saved")}
            </Notice>
          )}
          <Button type="submit" disabled={saving.isPending}>
            {t("group.save")}
          </Button>
        </form>
      </Card>
      <ConfirmImpact
        title={t("limits.confirm.title")}
        message={asking?.message ?? null}
        onCancel={() => setAsking(null)}
        onConfirm={() => asking !== null && saving.mutate({ values: asking.values, confirm: true })}
      />
    </Section>
  );
}

function valuesOf(form: FormData): Values {
  return Object.fromEntries(limitFields.map(([field]) => [field, writtenOf(form, field)])) as Values;
}
