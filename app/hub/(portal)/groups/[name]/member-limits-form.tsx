"use client";

import { Card } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import type { MemberLimits } from "#server/api/answers.ts";
import { ConfirmImpact } from "./confirm-impact.tsx";
import { LimitFields } from "./limit-fields.tsx";
import { Section } from "./section.tsx";
import { limitValuesOf, useLimitsSaving } from "./use-limits-saving.ts";

export function MemberLimitsForm({ group, limits }: { readonly group: string; readonly limits: MemberLimits }) {
  const { saving, asking, setAsking } = useLimitsSaving(group, null);
  return (
    <Section title={t("limits.title")} text={t("limits.text")}>
      <Card>
        <form
          className="space-y-5"
          onChange={() => saving.isSuccess && saving.reset()}
          onSubmit={(event) => {
            event.preventDefault();
            saving.mutate({ values: limitValuesOf(new FormData(event.currentTarget)), confirm: false });
          }}
        >
          <LimitFields limits={limits} error={saving.error} />
          {saving.data === null && (
            <Notice kind="ok" live>
              {t("group.saved")}
            </Notice>
          )}
          <SubmitButton disabled={saving.isPending}>{t("group.save")}</SubmitButton>
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
