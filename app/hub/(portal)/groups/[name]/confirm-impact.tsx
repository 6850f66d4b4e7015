"use client";

import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { t } from "#app/_text/t.ts";

type Props = {
  readonly title: string;
  /** Who is affected; null: nothing to confirm. */
  readonly message: string | null;
  onCancel(): void;
  onConfirm(): void;
};

/** Lowering below what is used names who is affected first. */
export function ConfirmImpact({ title, message, onCancel, onConfirm }: Props) {
  return (
    <Dialog
      open={message !== null}
      onOpenChange={(open) => !open && onCancel()}
      title={title}
      description={t("quota.confirm.text", { message: message ?? "" })}
    >
      <DialogButtons>
        <Button onClick={onCancel}>{t("cancel")}</Button>
        <Button look="danger" onClick={onConfirm}>
          {t("group.confirm")}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
