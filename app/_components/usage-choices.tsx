"use client";

import { t } from "#app/_text/t.ts";
import { SelectField } from "./field.tsx";
import type { UsageMeasure } from "./usage-chart.tsx";

const measures: readonly UsageMeasure[] = ["cpuHours", "memoryGibHours", "gpuHours", "serverHours"];
const spans = [7, 30, 90] as const;

export type UsageChoice = { readonly measure: UsageMeasure; readonly days: (typeof spans)[number] };
type Props = { readonly choice: UsageChoice; onChange(choice: UsageChoice): void };

export function UsageChoices({ choice, onChange }: Props) {
  return (
    <div className="grid max-w-lg grid-cols-2 gap-4">
      <SelectField
        label={t("usage.measure")}
        value={choice.measure}
        onChange={(event) =>
          onChange({ ...choice, measure: measures.find((one) => one === event.target.value) ?? choice.measure })
        }
      >
        {measures.map((one) => (
          <option key={one} value={one}>
            {t(`usage.${one}`)}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t("usage.days")}
        value={choice.days}
        onChange={(event) =>
          onChange({ ...choice, days: spans.find((one) => String(one) === event.target.value) ?? choice.days })
        }
      >
        {spans.map((one) => (
          <option key={one} value={one}>
            {t(`usage.days.${one}`)}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
