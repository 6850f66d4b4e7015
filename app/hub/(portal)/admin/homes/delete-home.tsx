"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

type Props = {
  readonly home: { readonly id: string; readonly name: string; readonly owner: string };
  readonly open: boolean;
  onClose(): void;
  onDeleted(removeAfter: Date): void;
};

export function DeleteHome({ home: { id, name, owner }, open, onClose, onDeleted }: Props) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState("");
  const close = () => {
    setTyped("");
    onClose();
  };
  const remove = useMutation(
    trpc.homes.delete.mutationOptions({
      onSuccess: async ({ removeAfter }) => {
        close();
        onDeleted(removeAfter);
        await queryClient.invalidateQueries({ queryKey: trpc.homes.list.queryKey() });
      },
    }),
  );
  const leave = () => {
    remove.reset();
    close();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && leave()}
      title={t("homes.delete.title", { name, owner })}
      description={t("homes.delete.text")}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          remove.mutate({ id, confirm: typed });
        }}
      >
        <TextField
          label={t("homes.delete.confirm", { name })}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
        />
        {remove.error !== null && <Problem error={remove.error} />}
        <DialogButtons>
          <Button onClick={leave}>{t("cancel")}</Button>
          <SubmitButton look="danger" disabled={typed !== name || remove.isPending}>
            {t("homes.delete.submit")}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
