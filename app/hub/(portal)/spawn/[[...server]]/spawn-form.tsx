"use client";

import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ButtonLink } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { SelectField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { PageSkeleton } from "#app/_components/skeleton.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { StartOptionsView } from "#server/api/views.ts";
import { type Asked, firstSelection, optionsOf, type Selection, selectionFor, typedProblem } from "./choices.ts";
import { ProfileList } from "./profile-list.tsx";
import { StartBar } from "./start-bar.tsx";

type Props = {
  readonly me: string;
  readonly server: { readonly user: string; readonly name: string };
  readonly next: string | null;
  readonly preset: Asked | null;
  readonly presetProblem: string | null;
};

export function SpawnForm(props: Props) {
  const trpc = useTRPC();
  const [group, setGroup] = useState<string | null>(null);
  const input = group === null ? props.server : { ...props.server, group };
  const options = useQuery({
    ...trpc.servers.startOptions.queryOptions(input),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  if (options.data === undefined) {
    return options.error === null ? (
      <PageSkeleton />
    ) : (
      <Problem error={options.error} retry={() => void options.refetch()} />
    );
  }
  const phase = options.data.server?.phase ?? "stopped";
  return (
    <div className="space-y-6">
      <div>
        <PageTitle>{t("spawn.title")}</PageTitle>
        <p className="mt-1 text-muted">{subtitle(props)}</p>
      </div>
      {props.presetProblem !== null && <Notice kind="warn">{props.presetProblem}</Notice>}
      {phase === "stopped" || phase === "failed" ? (
        <Choosing {...props} view={options.data} onGroup={setGroup} />
      ) : (
        <AlreadyThere {...props} />
      )}
    </div>
  );
}

function subtitle({ me, server }: Props): string {
  const name = server.name === "" ? t("server.default") : server.name;
  return server.user === me ? name : t("spawn.forUser", { name, user: server.user });
}

function AlreadyThere({ server }: Props) {
  return (
    <Notice kind="info">
      <p>{t("spawn.alreadyThere")}</p>
      <div className="mt-3 flex flex-wrap gap-3">
        <ButtonLink size="small" href={serverPagePath("spawn-pending", server.user, server.name)}>
          {t("spawn.goThere")}
        </ButtonLink>
        <ButtonLink size="small" href="/hub/home">
          {t("nav.home")}
        </ButtonLink>
      </div>
    </Notice>
  );
}

type ChoosingProps = Props & { readonly view: StartOptionsView; onGroup(group: string): void };

function Choosing({ server, next, preset, view, onGroup }: ChoosingProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const [selection, setSelection] = useState<Selection | null>(() => firstSelection(view, preset));
  const [problem, setProblem] = useState<{ readonly option: string; readonly message: string } | null>(null);
  const start = useMutation(
    trpc.servers.start.mutationOptions({
      onSuccess: () => {
        const query = next === null ? "" : `?next=${encodeURIComponent(next)}`;
        router.push(`${serverPagePath("spawn-pending", server.user, server.name)}${query}`);
      },
    }),
  );
  const profile = view.profiles.find(({ slug }) => slug === selection?.profile);
  if (selection === null || profile === undefined) return <Notice kind="warn">{t("spawn.noProfiles")}</Notice>;
  const { selected } = view.group;
  const counted = selected === null ? server : { ...server, group: selected };
  const change = (to: Selection) => {
    setSelection(to);
    setProblem(null);
  };
  const submit = () => {
    const found = typedProblem(profile, selection, t("spawn.typed.problem"));
    setProblem(found);
    if (found === null) start.mutate({ ...counted, profile: selection.profile, options: optionsOf(selection) });
  };
  return (
    <form
      className="space-y-6"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <GroupChoice group={view.group} onGroup={onGroup} />
      <ProfileList
        server={counted}
        profiles={view.profiles}
        fits={view.fits}
        selection={selection}
        problem={problem}
        onProfile={(chosen) =>
          change(selectionFor(chosen, view.last?.profile === chosen.slug ? view.last.options : {}))
        }
        onValue={(option, value) => change({ ...selection, values: { ...selection.values, [option]: value } })}
      />
      {start.error !== null && <Problem error={start.error} />}
      <StartBar home={view.home} expectedSeconds={profile.expectedSeconds} busy={start.isPending || start.isSuccess} />
    </form>
  );
}

/** Only where there is something to choose: most people are in one group or in none. */
function GroupChoice({ group, onGroup }: { readonly group: StartOptionsView["group"]; onGroup(group: string): void }) {
  const { choices, selected, message } = group;
  if (choices.length < 2) return message === null ? null : <Notice kind="warn">{message}</Notice>;
  return (
    <div className="max-w-sm">
      <SelectField
        label={t("spawn.group")}
        hint={t("spawn.group.hint")}
        required
        value={selected ?? ""}
        onChange={(event) => onGroup(event.target.value)}
      >
        {selected === null && <option value="">{t("spawn.group.choose")}</option>}
        {choices.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
