"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { isAtNone, problemAt } from "#app/_components/field-problem.ts";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { durationText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { QuietHours } from "#server/api/answers.ts";
import type { GroupCullingView } from "#server/api/culling-views.ts";
import { QuietHoursFields } from "./quiet-hours.tsx";
import { Section } from "./section.tsx";

export function CullingForm({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const culling = useQuery(trpc.culling.group.queryOptions({ group }));
  const view = culling.data;
  return (
    <Section
      title={t("rule.title")}
      {...(view?.enabled === true ? { text: t("rule.text", { idle: durationText(view.usual.idleSeconds) }) } : {})}
    >
      {culling.error !== null && <Problem error={culling.error} retry={() => void culling.refetch()} />}
      {view === undefined && culling.error === null && <Skeleton className="h-40" />}
      {view?.enabled === false && <p className="text-sm text-muted">{t("rule.off")}</p>}
      {view?.enabled === true && <RuleForm view={view} />}
    </Section>
  );
}

function RuleForm({ view: { group, rule, bounds } }: { readonly view: GroupCullingView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const set = useMutation(
    trpc.culling.setGroup.mutationOptions({
      onSuccess: (next) => queryClient.setQueryData(trpc.culling.group.queryKey({ group }), next),
    }),
  );
  const [quiet, setQuiet] = useState<readonly QuietHours[]>(rule.quietHours ?? []);
  const min = Math.ceil(bounds.min / 60);
  return (
    <Card>
      <form
        className="space-y-5"
        onChange={() => set.isSuccess && set.reset()}
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          set.mutate({
            group,
            idleSeconds: secondsOf(form, "idle", 60),
            maxAgeSeconds: secondsOf(form, "age", 3600),
            quietHours: quiet.map(({ days, ...rest }) => ({ ...rest, days: [...days] })),
          });
        }}
      >
        <div key={JSON.stringify(rule)} className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            name="idle"
            error={problemAt(set.error, "idleSeconds")}
            type="number"
            min={1}
            label={t("rule.idle")}
            hint={
              bounds.max === null
                ? t("rule.idle.hint.open", { min })
                : t("rule.idle.hint", { min, max: Math.floor(bounds.max / 60) })
            }
            defaultValue={rule.idleSeconds === undefined ? "" : rule.idleSeconds / 60}
          />
          <TextField
            name="age"
            error={problemAt(set.error, "maxAgeSeconds")}
            type="number"
            min={1}
            step="any"
            label={t("rule.age")}
            defaultValue={rule.maxAgeSeconds === undefined ? "" : rule.maxAgeSeconds / 3600}
          />
        </div>
        <QuietHoursFields value={quiet} onChange={setQuiet} />
        {isAtNone(set.error, ["idleSeconds", "maxAgeSeconds"]) && <Problem error={set.error} />}
        {set.isSuccess && (
          <Notice kind="ok" live>
            {t("group.saved")}
          </Notice>
        )}
        <SubmitButton disabled={set.isPending}>{t("group.save")}</SubmitButton>
      </form>
    </Card>
  );
}

function secondsOf(form: FormData, name: string, unitSeconds: number): number | null {
  const text = String(form.get(name) ?? "");
  return text === "" ? null : Math.round(Number(text) * unitSeconds);
}
