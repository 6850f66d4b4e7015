"use client";

import { Button } from "#app/_components/button.tsx";
import { TextField } from "#app/_components/field.tsx";
import { t } from "#app/_text/t.ts";
import type { QuietHours } from "#server/api/answers.ts";

type Props = { readonly value: readonly QuietHours[]; onChange(value: readonly QuietHours[]): void };

/** Weekdays first, as a timetable has them. */
const days = [1, 2, 3, 4, 5, 6, 0];

/** A week's times at which servers are stopped. */
export function QuietHoursFields({ value, onChange }: Props) {
  const replace = (at: number, next: QuietHours) => onChange(value.map((one, index) => (index === at ? next : one)));
  return (
    <fieldset className="space-y-4">
      <legend className="text-sm font-medium">{t("rule.quiet")}</legend>
      {value.map((hours, at) => (
        // Entries have no name of their own; their place is what they are.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={at} className="space-y-3 rounded-md border border-line p-3">
          <fieldset aria-label={t("rule.quiet.days")} className="flex flex-wrap gap-x-4 gap-y-1">
            {days.map((day) => (
              <label key={day} className="flex min-h-8 items-center gap-2 text-sm">
                <input
                  type="checkbox"
                  className="size-4 accent-accent"
                  checked={hours.days.includes(day)}
                  onChange={() => replace(at, { ...hours, days: toggled(hours.days, day) })}
                />
                {dayName(day)}
              </label>
            ))}
          </fieldset>
          <div className="grid items-start gap-3 sm:grid-cols-3">
            <TextField
              label={t("rule.quiet.from")}
              type="time"
              required
              value={hours.from}
              onChange={(event) => replace(at, { ...hours, from: event.target.value })}
            />
            <TextField
              label={t("rule.quiet.to")}
              type="time"
              required
              value={hours.to}
              onChange={(event) => replace(at, { ...hours, to: event.target.value })}
            />
            <TextField
              label={t("rule.quiet.zone")}
              required
              maxLength={64}
              spellCheck={false}
              value={hours.timeZone}
              onChange={(event) => replace(at, { ...hours, timeZone: event.target.value })}
            />
          </div>
          <Button size="small" onClick={() => onChange(value.filter((_, index) => index !== at))}>
            {t("rule.quiet.remove")}
          </Button>
        </div>
      ))}
      <Button size="small" onClick={() => onChange([...value, usualNight()])}>
        {t("rule.quiet.add")}
      </Button>
    </fieldset>
  );
}

function usualNight(): QuietHours {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { days: [1, 2, 3, 4, 5], from: "22:00", to: "06:00", timeZone };
}

function toggled(chosen: readonly number[], day: number): number[] {
  return chosen.includes(day) ? chosen.filter((one) => one !== day) : [...chosen, day].sort();
}

/** The 4th of January 1970 was a Sunday, day 0. */
function dayName(day: number): string {
  return new Date(Date.UTC(1970, 0, 4 + day)).toLocaleDateString("en", { weekday: "short", timeZone: "UTC" });
}
