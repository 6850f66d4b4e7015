"use client";

import { useMutation } from "@tanstack/react-query";
import { Card } from "#app/_components/card.tsx";
import { SelectField, TextField } from "#app/_components/field.tsx";
import { isAtNone, problemAt } from "#app/_components/field-problem.ts";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { writtenBytes } from "#app/_format/written.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { GroupView } from "#server/api/group-views.ts";
import { Section } from "./section.tsx";
import { useRefreshed } from "./use-refreshed.ts";

const fields = ["volume.name", "volume.capacity", "volume.storageClass"];

/** A folder all servers of the group have, from each one's next start on. Without a name there is none; the files stay. */
export function SharedVolumeForm({ group: { name: group, sharedVolume } }: { readonly group: GroupView }) {
  const trpc = useTRPC();
  const set = useMutation(trpc.groups.setSharedVolume.mutationOptions({ onSuccess: useRefreshed(group) }));
  return (
    <Section title={t("shared.title")} text={t("shared.text")}>
      <Card>
        <form
          className="space-y-4"
          onChange={() => set.isSuccess && set.reset()}
          onSubmit={(event) => {
            event.preventDefault();
            set.mutate({ group, volume: volumeOf(new FormData(event.currentTarget)) });
          }}
        >
          <div key={JSON.stringify(sharedVolume)} className="grid items-start gap-4 sm:grid-cols-2">
            <TextField
              name="name"
              label={t("shared.name")}
              hint={t("shared.name.hint")}
              error={problemAt(set.error, "volume.name")}
              defaultValue={sharedVolume?.name ?? ""}
              maxLength={30}
              autoComplete="off"
              spellCheck={false}
            />
            <TextField
              name="capacity"
              label={t("shared.capacity")}
              error={problemAt(set.error, "volume.capacity")}
              defaultValue={sharedVolume === null ? "" : writtenBytes(sharedVolume.capacityBytes)}
              maxLength={40}
              autoComplete="off"
              spellCheck={false}
            />
            <TextField
              name="storageClass"
              label={t("shared.class")}
              hint={t("shared.class.hint")}
              error={problemAt(set.error, "volume.storageClass")}
              defaultValue={sharedVolume?.storageClass ?? ""}
              maxLength={253}
              autoComplete="off"
              spellCheck={false}
            />
            <SelectField name="writers" label={t("shared.writers")} defaultValue={sharedVolume?.writers ?? "managers"}>
              <option value="managers">{t("shared.writers.managers")}</option>
              <option value="members">{t("shared.writers.members")}</option>
            </SelectField>
          </div>
          {isAtNone(set.error, fields) && <Problem error={set.error} />}
          {set.isSuccess && (
            <Notice kind="ok" live>
              {t("group.saved")}
            </Notice>
          )}
          <SubmitButton disabled={set.isPending}>{t("group.save")}</SubmitButton>
        </form>
      </Card>
    </Section>
  );
}

function volumeOf(form: FormData) {
  const text = (field: string) => String(form.get(field) ?? "").trim();
  if (text("name") === "") return null;
  return {
    name: text("name"),
    capacity: text("capacity"),
    storageClass: text("storageClass") === "" ? null : text("storageClass"),
    writers: text("writers") === "members" ? ("members" as const) : ("managers" as const),
  };
}
