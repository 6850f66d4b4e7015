"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { CsvDialog, CsvPreviewList } from "#app/_components/csv-dialog.tsx";
import { DownloadButton } from "#app/_components/download-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

/** New people and who is shut out, from a file; what would change is shown first. */
export function ImportUsers({ open, onClose }: { readonly open: boolean; onClose(): void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const preview = useMutation(trpc.users.previewCsv.mutationOptions());
  const apply = useMutation(
    trpc.users.applyCsv.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.users.list.queryKey() }),
    }),
  );
  const start = () => {
    preview.reset();
    apply.reset();
  };
  const token = preview.data?.token ?? null;
  const passwords = apply.data?.passwords ?? null;
  return (
    <CsvDialog
      open={open}
      text={t("csv.users.text")}
      busy={preview.isPending || apply.isPending}
      error={apply.error ?? preview.error}
      done={
        apply.data === undefined ? null : (
          <div className="space-y-3">
            <p>{t("users.imported", apply.data)}</p>
            {passwords !== null && (
              <>
                <p className="font-medium">{t("users.passwords")}</p>
                <DownloadButton file={async () => ({ fileName: "passwords.csv", text: passwords })}>
                  {t("users.passwords.save")}
                </DownloadButton>
              </>
            )}
          </div>
        )
      }
      onFile={(file) => {
        start();
        setText(file);
      }}
      onCheck={text === "" ? null : () => preview.mutate({ text })}
      onApply={token === null || preview.data?.changes.length === 0 ? null : () => apply.mutate({ text, token })}
      onClose={() => {
        start();
        setText("");
        onClose();
      }}
      preview={
        preview.data !== undefined && (
          <CsvPreviewList
            unchanged={preview.data.unchanged}
            problems={preview.data.problems}
            changes={preview.data.changes.map(({ user, kind }) => t(`csv.${kind}`, { user }))}
          />
        )
      }
    />
  );
}
