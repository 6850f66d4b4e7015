"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { groupPath } from "../../groups/group-path.ts";

export function CreateGroup({ open, onClose }: { readonly open: boolean; onClose(): void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const create = useMutation(
    trpc.groups.create.mutationOptions({
      onSuccess: async ({ name }) => {
        await queryClient.invalidateQueries({ queryKey: trpc.groups.list.queryKey() });
        router.push(groupPath(name));
      },
    }),
  );
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && onClose()}
      title={t("groups.create")}
      description={t("groups.create.text")}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          create.mutate({ name: String(form.get("name") ?? ""), description: String(form.get("description") ?? "") });
        }}
      >
        <TextField label={t("groups.create.name")} name="name" required maxLength={63} autoComplete="off" />
        <TextField label={t("groups.create.description")} name="description" maxLength={500} autoComplete="off" />
        {create.error !== null && <Problem error={create.error} />}
        <DialogButtons>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <SubmitButton look="primary" disabled={create.isPending || create.isSuccess}>
            {t("groups.create.submit")}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
