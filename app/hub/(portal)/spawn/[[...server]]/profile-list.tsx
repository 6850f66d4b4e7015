"use client";

import { useState } from "react";
import { TextField } from "#app/_components/field.tsx";
import { t } from "#app/_text/t.ts";
import type { ProfileView, StartOptionsView } from "#server/api/views.ts";
import { type OptionValue, type Selection, searchProfiles } from "./choices.ts";
import { ProfileCard } from "./profile-card.tsx";

const searchFrom = 9;

type Props = {
  readonly server: { readonly user: string; readonly name: string; readonly group?: string };
  readonly profiles: readonly ProfileView[];
  readonly fits: StartOptionsView["fits"];
  readonly selection: Selection;
  readonly problem: { readonly option: string; readonly message: string } | null;
  onProfile(profile: ProfileView): void;
  onValue(option: string, value: OptionValue): void;
};

export function ProfileList({ server, profiles, fits, selection, problem, onProfile, onValue }: Props) {
  const [search, setSearch] = useState("");
  const found = searchProfiles(profiles, search);
  return (
    <fieldset>
      <legend className="sr-only">{t("spawn.profile")}</legend>
      {profiles.length >= searchFrom && (
        <div className="mb-4 max-w-sm">
          <TextField
            label={t("spawn.search")}
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <p role="status" className="mt-1 text-sm text-muted">
            {t("spawn.found", { found: found.length, total: profiles.length })}
          </p>
        </div>
      )}
      <div className="space-y-3">
        {found.map((profile) => (
          <ProfileCard
            key={profile.slug}
            server={server}
            profile={profile}
            fit={fits[profile.slug] ?? null}
            selection={profile.slug === selection.profile ? selection : null}
            problem={profile.slug === selection.profile ? problem : null}
            onSelect={() => onProfile(profile)}
            onValue={onValue}
          />
        ))}
      </div>
    </fieldset>
  );
}
