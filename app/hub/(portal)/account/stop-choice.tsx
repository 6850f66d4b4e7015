"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Card } from "#app/_components/card.tsx";
import { SelectField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { durationText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { MyCullingView } from "#server/api/culling-views.ts";

const minutes = [15, 30, 60, 120, 240, 480, 1440];

/** After how long one's own idle servers stop: from what admins allow, or as usual. */
export function StopChoice() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const rule = useQuery(trpc.culling.mine.queryOptions());
  const save = useMutation(
    trpc.culling.setMine.mutationOptions({
      onSuccess: (saved) => queryClient.setQueryData(trpc.culling.mine.queryKey(), saved),
    }),
  );
  if (rule.data === undefined)
    return rule.error === null ? (
      <Skeleton className="h-32" />
    ) : (
      <Problem error={rule.error} retry={() => void rule.refetch()} />
    );
  if (!rule.data.enabled) return null;
  const { choice } = rule.data;
  return (
    <Card className="max-w-lg space-y-4">
      <h2 className="text-lg font-semibold">{t("me.stop")}</h2>
      <form
        method="post"
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const chosen = String(new FormData(event.currentTarget).get("idle") ?? "");
          const quietHours = choice.quietHours?.map((hours) => ({ ...hours, days: [...hours.days] }));
          save.mutate({
            ...(choice.maxAgeSeconds === undefined ? {} : { maxAgeSeconds: choice.maxAgeSeconds }),
            ...(quietHours === undefined ? {} : { quietHours }),
            ...(chosen === "" ? {} : { idleSeconds: Number(chosen) }),
          });
        }}
      >
        <SelectField
          label={t("me.stop.idle")}
          hint={t("me.stop.hint", { warn: durationText(rule.data.warnSeconds) })}
          name="idle"
          defaultValue={String(choice.idleSeconds ?? "")}
        >
          <option value="">{t("me.stop.usual", { time: durationText(rule.data.usual.idleSeconds) })}</option>
          {choicesIn(rule.data).map((seconds) => (
            <option key={seconds} value={seconds}>
              {durationText(seconds)}
            </option>
          ))}
        </SelectField>
        <GroupRules groups={rule.data.groups} />
        {save.error !== null && <Problem error={save.error} />}
        {save.isSuccess && (
          <Notice kind="ok" live>
            {t("me.stop.saved")}
          </Notice>
        )}
        <SubmitButton disabled={save.isPending}>{t("me.stop.save")}</SubmitButton>
      </form>
    </Card>
  );
}

function choicesIn({ bounds, choice }: MyCullingView): number[] {
  const allowed = minutes
    .map((minute) => minute * 60)
    .filter((seconds) => seconds >= bounds.min && (bounds.max === null || seconds <= bounds.max));
  const own = choice.idleSeconds;
  return own === undefined || allowed.includes(own) ? allowed : [...allowed, own].toSorted((a, b) => a - b);
}

function GroupRules({ groups }: { readonly groups: MyCullingView["groups"] }) {
  return groups.flatMap(({ group, rule }) =>
    rule.idleSeconds === undefined
      ? []
      : [
          <p key={group} className="text-sm text-muted">
            {t("me.stop.group", { group, time: durationText(rule.idleSeconds) })}
          </p>,
        ],
  );
}
