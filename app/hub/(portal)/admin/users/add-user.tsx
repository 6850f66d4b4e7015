"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { Button } from "#app/_components/button.tsx";
import { CopyButton } from "#app/_components/copy-button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { CheckField, TextField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

type Props = { readonly open: boolean; onOpenChange(open: boolean): void };

export function AddUser({ open, onOpenChange }: Props) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const create = useMutation(
    trpc.users.create.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.users.list.queryKey() }),
    }),
  );
  const change = (to: boolean) => {
    if (!to) create.reset();
    onOpenChange(to);
  };
  return (
    <Dialog open={open} onOpenChange={change} title={t("users.add")} description={t("users.add.text")}>
      {create.data !== undefined ? (
        <Created name={create.data.user.name} password={create.data.password} onClose={() => change(false)} />
      ) : (
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            create.mutate({ name: String(data.get("name") ?? ""), admin: data.get("admin") === "on" });
          }}
        >
          <TextField
            label={t("users.add.name")}
            name="name"
            required
            maxLength={255}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
          <CheckField label={t("users.add.admin")} name="admin" />
          {create.error !== null && <Problem error={create.error} />}
          <DialogButtons>
            <Button onClick={() => change(false)}>{t("cancel")}</Button>
            <SubmitButton look="primary" disabled={create.isPending}>
              {t("users.add.submit")}
            </SubmitButton>
          </DialogButtons>
        </form>
      )}
    </Dialog>
  );
}

function Created({
  name,
  password,
  onClose,
}: {
  readonly name: string;
  readonly password: string | null;
  onClose(): void;
}) {
  const id = useId();
  return (
    <>
      <Notice kind="ok" live>
        <p>{t("users.added", { name })}</p>
        {password !== null && (
          <>
            <p className="mt-2">{t("users.added.password")}</p>
            <p id={id} className="my-3 rounded bg-surface p-3 font-mono text-ink">
              {password}
            </p>
            <CopyButton text={password} sourceId={id} />
          </>
        )}
      </Notice>
      <DialogButtons>
        <Button look="primary" onClick={onClose}>
          {t("done")}
        </Button>
      </DialogButtons>
    </>
  );
}
