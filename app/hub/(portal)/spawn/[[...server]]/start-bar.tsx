"use client";

import { SubmitButton } from "#app/_components/submit-button.tsx";
import { bytesText } from "#app/_format/amount.ts";
import { roughDurationText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import type { StartOptionsView } from "#server/api/views.ts";

type Props = {
  readonly home: StartOptionsView["home"];
  readonly expectedSeconds: number | null;
  readonly busy: boolean;
};

/** Stays in sight below a long list: what will happen, and the one button. */
export function StartBar({ home, expectedSeconds, busy }: Props) {
  return (
    <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center gap-x-6 gap-y-3 border-t border-line bg-page px-4 py-4 sm:mx-0 sm:px-0">
      <div className="min-w-0 flex-1 basis-64 text-sm text-muted">
        <p>{homeSentence(home)}</p>
        {expectedSeconds !== null && <p>{t("spawn.expected", { time: roughDurationText(expectedSeconds) })}</p>}
      </div>
      <SubmitButton look="primary" disabled={busy} className="w-full sm:w-40">
        {t("server.start")}
      </SubmitButton>
    </div>
  );
}

function homeSentence(home: Props["home"]): string {
  if (home === null) return t("spawn.home.none");
  const values = { name: home.name, size: bytesText(home.capacityBytes) };
  return home.isNew ? t("spawn.home.new", values) : t("spawn.home.known", values);
}
