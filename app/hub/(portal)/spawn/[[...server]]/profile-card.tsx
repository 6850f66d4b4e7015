"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { classNames } from "#app/_components/class-names.ts";
import { limitsTexts } from "#app/_format/amount.ts";
import { roughDurationText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { FitView } from "#server/api/quota-views.ts";
import type { ProfileView } from "#server/api/views.ts";
import { type OptionValue, optionsOf, type Selection, typedProblem } from "./choices.ts";
import { OptionField } from "./option-field.tsx";

type Props = {
  readonly server: { readonly user: string; readonly name: string; readonly group?: string };
  readonly profile: ProfileView;
  /** With its default choices; null while nobody can say. */
  readonly fit: FitView | null;
  /** Set when this is the chosen one. */
  readonly selection: Selection | null;
  readonly problem: { readonly option: string; readonly message: string } | null;
  onSelect(): void;
  onValue(option: string, value: OptionValue): void;
};

export function ProfileCard({ server, profile, fit, selection, problem, onSelect, onValue }: Props) {
  const id = useId();
  const isChosen = selection !== null;
  const { limits, reason } = usePreview({ server, profile, fit, selection });
  // One that doesn't fit with its defaults may still be opened, where other choices could make it smaller.
  const isShut = profile.denied !== null || (reason !== null && profile.options.length === 0);
  return (
    <div
      className={classNames(
        "rounded-lg border bg-surface",
        isChosen ? "border-focus ring-1 ring-focus" : "border-line hover:border-line-strong",
      )}
    >
      <label
        htmlFor={id}
        className={classNames(
          "flex gap-4 p-5",
          isShut ? "cursor-not-allowed" : "cursor-pointer",
          reason !== null && "text-muted",
        )}
      >
        <input
          id={id}
          type="radio"
          name="profile"
          value={profile.slug}
          checked={isChosen}
          disabled={isShut}
          onChange={onSelect}
          aria-describedby={`${id}-about`}
          className="mt-1 size-4 shrink-0 accent-accent"
        />
        <span className="min-w-0 flex-1">
          <span className="block font-semibold">{profile.displayName}</span>
          <span className="mt-1 block text-sm text-muted">
            {limits.join(" · ")}
            {profile.expectedSeconds !== null &&
              ` · ${t("spawn.ready", { time: roughDurationText(profile.expectedSeconds) })}`}
          </span>
        </span>
      </label>
      <div id={`${id}-about`} className="-mt-3 space-y-2 pr-5 pb-5 pl-13 text-sm empty:hidden">
        {reason !== null && <p className="font-medium">{reason}</p>}
        {profile.description !== "" && <Description html={profile.description} />}
      </div>
      {selection !== null && profile.options.length > 0 && (
        <div className="grid gap-4 border-t border-line p-5 sm:grid-cols-2">
          {profile.options.map((option) => (
            <OptionField
              key={option.name}
              option={option}
              value={selection.values[option.name]}
              error={problem?.option === option.name ? problem.message : null}
              onChange={(value) => onValue(option.name, value)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

/** The hub sanitised it when it read the config: no script, style or foreign address survives there (S-09). */
function Description({ html }: { readonly html: string }) {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: KubeSpawner's descriptions are HTML; the hub's allow-list is the guard
  return <div className="prose-small" dangerouslySetInnerHTML={{ __html: html }} />;
}

type Asked = Pick<Props, "server" | "profile" | "fit" | "selection">;

/** What these choices come to together, and why they can't be started. Only the hub can say: an option may change anything. */
function usePreview({ server, profile, fit, selection }: Asked): { limits: string[]; reason: string | null } {
  const trpc = useTRPC();
  const isAskable = selection !== null && profile.options.length > 0 && typedProblem(profile, selection, "") === null;
  const input = { ...server, profile: profile.slug, options: selection === null ? {} : optionsOf(selection) };
  const preview = useQuery({
    ...trpc.servers.preview.queryOptions(input),
    enabled: isAskable,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
  const asked = isAskable ? preview.data : undefined;
  const fitting = asked?.fit ?? fit;
  return { limits: limitsTexts(asked?.limits ?? profile.limits), reason: profile.denied ?? fitting?.reason ?? null };
}
