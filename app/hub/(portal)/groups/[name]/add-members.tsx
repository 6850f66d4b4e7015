"use client";

import { useMutation } from "@tanstack/react-query";
import { AreaField } from "#app/_components/area-field.tsx";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { useRefreshed } from "./use-refreshed.ts";

type Props = { readonly group: string; readonly open: boolean; onClose(): void };

export function AddMembers({ group, open, onClose }: Props) {
  const trpc = useTRPC();
  const refresh = useRefreshed(group);
  const add = useMutation(
    trpc.groups.addMembers.mutationOptions({
      onSuccess: async () => {
        await refresh();
        onClose();
      },
    }),
  );
  const close = () => {
    add.reset();
    onClose();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && close()}
      title={t("members.add")}
      description={t("members.add.hint")}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const users = namesIn(String(new FormData(event.currentTarget).get("users") ?? ""));
          if (users.length > 0) add.mutate({ group, users });
        }}
      >
        <AreaField
          label={t("members.add.label")}
          name="users"
          rows={5}
          required
          spellCheck={false}
          autoCapitalize="none"
        />
        {add.error !== null && <Problem error={add.error} />}
        <DialogButtons>
          <Button onClick={close}>{t("cancel")}</Button>
          <SubmitButton look="primary" disabled={add.isPending}>
            {t("members.add.submit")}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}

function namesIn(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\n,;]/)
        .map((name) => name.trim())
        .filter((name) => name !== ""),
    ),
  ];
}
