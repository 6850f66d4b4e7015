"use client";

import { useQuery } from "@tanstack/react-query";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { OpenedProfile } from "#server/api/group-views.ts";
import { Section } from "./section.tsx";

export function OpenedProfiles({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const profiles = useQuery(trpc.groups.profiles.queryOptions({ group }));
  return (
    <Section title={t("opened.title")} text={t("opened.text")}>
      {profiles.error !== null && <Problem error={profiles.error} retry={() => void profiles.refetch()} />}
      {profiles.data === undefined && profiles.error === null && <Skeleton className="h-20" />}
      {profiles.data?.length === 0 && <p className="text-sm text-muted">{t("opened.none")}</p>}
      {profiles.data !== undefined && profiles.data.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
          {profiles.data.map((profile) => (
            <li key={profile.slug} className="px-4 py-2.5">
              <span className="font-medium">{profile.displayName}</span>
              <span className="ml-2 text-muted">{notesOf(profile)}</span>
              {profile.choices.length > 0 && (
                <p className="text-muted">
                  {t("opened.choices", { choices: profile.choices.map(({ displayName }) => displayName).join(", ") })}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function notesOf({ by, deprecated }: OpenedProfile): string {
  return [by === "group" ? t("opened.group") : null, deprecated ? t("opened.deprecated") : null]
    .filter((note) => note !== null)
    .join(", ");
}
