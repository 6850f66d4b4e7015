"use client";

import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { t } from "#app/_text/t.ts";

type Props = { readonly name: string; readonly open: boolean; onOpenChange(open: boolean): void; onDelete(): void };

export function DeleteServer({ name, open, onOpenChange, onDelete }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("delete.title", { name })} description={t("delete.text")}>
      <DialogButtons>
        <Button onClick={() => onOpenChange(false)}>{t("cancel")}</Button>
        <Button
          look="danger"
          onClick={() => {
            onOpenChange(false);
            onDelete();
          }}
        >
          {t("delete.submit")}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
