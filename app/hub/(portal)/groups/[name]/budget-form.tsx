"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { SelectField, TextField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { Budget, ComputeHours } from "#server/api/answers.ts";
import { Section } from "./section.tsx";
import { useRefreshed } from "./use-refreshed.ts";

const kinds = ["cpuHours", "memoryGibHours", "gpuHours"] as const;
const usualDays = 30;

export function BudgetForm({ group, budget }: { readonly group: string; readonly budget: Budget | null }) {
  const trpc = useTRPC();
  const refresh = useRefreshed(group);
  const set = useMutation(trpc.usage.setBudget.mutationOptions({ onSuccess: refresh }));
  return (
    <Section title={t("budget.title")} text={t("budget.text")}>
      <Card>
        <form
          className="space-y-5"
          onChange={() => set.isSuccess && set.reset()}
          onSubmit={(event) => {
            event.preventDefault();
            set.mutate({ group, budget: budgetOf(new FormData(event.currentTarget)) });
          }}
        >
          <div key={JSON.stringify(budget)} className="grid gap-4 sm:grid-cols-2">
            <HoursField name="windowDays" label={t("budget.window")} value={budget?.windowDays ?? usualDays} required />
            <SelectField
              label={t("budget.whenSpent")}
              name="whenSpent"
              defaultValue={budget?.whenSpent ?? "refuse-start"}
            >
              <option value="refuse-start">{t("budget.whenSpent.refuse-start")}</option>
              <option value="stop">{t("budget.whenSpent.stop")}</option>
            </SelectField>
            {kinds.flatMap((kind) =>
              (["group", "member"] as const).map((whose) => (
                <HoursField
                  key={`${whose}.${kind}`}
                  name={`${whose}.${kind}`}
                  label={t(`budget.${whose}`, { unit: t(`usage.${kind}`) })}
                  value={budget?.[whose][kind]}
                />
              )),
            )}
          </div>
          {set.error !== null && <Problem error={set.error} />}
          {set.isSuccess && (
            <Notice kind="ok" live>
              {t("group.saved")}
            </Notice>
          )}
          <div className="flex flex-wrap gap-3">
            <SubmitButton disabled={set.isPending}>{t("group.save")}</SubmitButton>
            {budget !== null && (
              <Button disabled={set.isPending} onClick={() => set.mutate({ group, budget: null })}>
                {t("budget.remove")}
              </Button>
            )}
          </div>
        </form>
      </Card>
    </Section>
  );
}

type HoursProps = {
  readonly name: string;
  readonly label: string;
  readonly value: number | undefined;
  readonly required?: boolean;
};

function HoursField({ value, ...props }: HoursProps) {
  return <TextField {...props} type="number" min={0} step="any" defaultValue={value ?? ""} />;
}

function budgetOf(form: FormData): Budget {
  const hours = (whose: "group" | "member"): ComputeHours =>
    Object.fromEntries(
      kinds.flatMap((kind) => {
        const text = String(form.get(`${whose}.${kind}`) ?? "");
        return text === "" ? [] : [[kind, Number(text)]];
      }),
    );
  return {
    windowDays: Number(form.get("windowDays")),
    group: hours("group"),
    member: hours("member"),
    whenSpent: form.get("whenSpent") === "stop" ? "stop" : "refuse-start",
  };
}
