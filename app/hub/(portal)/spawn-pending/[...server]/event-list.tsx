"use client";

import { clockText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import type { ProgressEventView } from "#server/api/views.ts";

/** What the machinery itself says, for those who want to know. Text as it came, never markup. */
export function EventList({ events }: { readonly events: readonly ProgressEventView[] }) {
  return (
    <details className="rounded-lg border border-line bg-surface">
      <summary className="rounded-lg px-5 py-3 text-sm font-medium">{t("pending.details")}</summary>
      {events.length === 0 ? (
        <p className="px-5 pb-4 text-sm text-muted">{t("pending.noEvents")}</p>
      ) : (
        <ul
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it (WCAG 2.1.1)
          tabIndex={0}
          aria-label={t("pending.details")}
          className="max-h-72 space-y-1.5 overflow-y-auto px-5 pb-4 font-mono text-xs"
        >
          {events.map((event) => (
            <li key={event.id} className={event.warning ? "text-warn" : "text-muted"}>
              <time dateTime={event.at.toISOString()}>{clockText(event.at)}</time> {event.message}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
