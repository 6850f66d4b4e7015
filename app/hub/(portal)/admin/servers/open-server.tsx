"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { ServerView } from "#server/api/views.ts";

type Props = { readonly server: ServerView; readonly open: boolean; onOpenChange(open: boolean): void };

/** Somebody else's server: with a reason, which is kept. */
export function OpenServer({ server, open, onOpenChange }: Props) {
  const trpc = useTRPC();
  const [reason, setReason] = useState("");
  const enter = useMutation(trpc.servers.open.mutationOptions({ onSuccess: ({ url }) => location.assign(url) }));
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t("open.title", { user: server.ownerName })}
      description={t("open.text", { user: server.ownerName })}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate({ user: server.ownerName, name: server.name, reason });
        }}
      >
        <TextField
          label={t("open.reason")}
          value={reason}
          required
          minLength={5}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
        {enter.error !== null && <Problem error={enter.error} />}
        <DialogButtons>
          <Button onClick={() => onOpenChange(false)}>{t("cancel")}</Button>
          <SubmitButton look="primary" disabled={enter.isPending || enter.isSuccess}>
            {t("open.submit")}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
