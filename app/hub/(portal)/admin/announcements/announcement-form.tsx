"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { AreaField } from "#app/_components/area-field.tsx";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { CheckField, SelectField, TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { localInputDate, localInputText } from "#app/_format/local-time.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { Announcement } from "#server/api/answers.ts";

type Props = { readonly editing: Announcement | "new" | null; onDone(): void; onSaved(): Promise<void> };

export function AnnouncementForm({ editing, onDone, onSaved }: Props) {
  const trpc = useTRPC();
  const save = useMutation(
    trpc.announcements.save.mutationOptions({
      onSuccess: async () => {
        onDone();
        await onSaved();
      },
    }),
  );
  const before = editing === "new" ? null : editing;
  const done = () => {
    save.reset();
    onDone();
  };
  return (
    <Dialog
      open={editing !== null}
      onOpenChange={(open) => !open && done()}
      title={before === null ? t("admin.news.new") : t("admin.news.edit")}
      description={t("admin.news.text")}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const values = valuesOf(new FormData(event.currentTarget));
          save.mutate(before === null ? values : { ...values, id: before.id });
        }}
      >
        <Fields before={before} />
        {save.error !== null && <Problem error={save.error} />}
        <DialogButtons>
          <Button onClick={done}>{t("cancel")}</Button>
          <SubmitButton look="primary" disabled={save.isPending}>
            {t("admin.news.save")}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}

function Fields({ before }: { readonly before: Announcement | null }) {
  const trpc = useTRPC();
  const groupsId = useId();
  const groups = useQuery(trpc.groups.list.queryOptions({ pageSize: 100 }));
  return (
    <>
      <AreaField
        label={t("admin.news.message")}
        name="message"
        rows={3}
        required
        maxLength={1000}
        defaultValue={before?.message ?? ""}
      />
      <SelectField label={t("admin.news.severity")} name="severity" defaultValue={before?.severity ?? "info"}>
        <option value="info">{t("admin.news.severity.info")}</option>
        <option value="warning">{t("admin.news.severity.warning")}</option>
      </SelectField>
      <TextField
        label={t("admin.news.group")}
        hint={t("admin.news.group.hint")}
        name="group"
        maxLength={256}
        autoComplete="off"
        list={groupsId}
        defaultValue={before?.group ?? ""}
      />
      <datalist id={groupsId}>
        {groups.data?.items.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <TextField
        label={t("admin.news.from")}
        name="startsAt"
        type="datetime-local"
        required
        defaultValue={localInputText(before?.startsAt ?? new Date())}
      />
      <TextField
        label={t("admin.news.until")}
        hint={t("admin.news.until.hint")}
        name="endsAt"
        type="datetime-local"
        defaultValue={before?.endsAt == null ? "" : localInputText(before.endsAt)}
      />
      <CheckField label={t("admin.news.dismissible")} name="dismissible" defaultChecked={before?.dismissible ?? true} />
    </>
  );
}

function valuesOf(form: FormData) {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  return {
    message: text("message"),
    severity: text("severity") === "warning" ? ("warning" as const) : ("info" as const),
    group: text("group") === "" ? null : text("group"),
    startsAt: localInputDate(text("startsAt")) ?? new Date(),
    endsAt: localInputDate(text("endsAt")),
    dismissible: form.get("dismissible") === "on",
  };
}
